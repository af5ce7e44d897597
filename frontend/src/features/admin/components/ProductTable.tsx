import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { LOW_STOCK } from "@/lib/settings";
import { capitalize } from "@/lib/text";
import { useArchive } from "../useArchive";
import { type Column, DataTable } from "./DataTable";

interface Props {
  products: ProductBody[];
  onEdit: (product: ProductBody) => void;
  onRestock: (product: ProductBody) => void;
}

export function ProductTable({ products, onEdit, onRestock }: Props) {
  const { archive, restore } = useArchive();
  const columns: Column<ProductBody>[] = [
    {
      label: "Product",
      isHead: true,
      cell: (product) => <NameCell product={product} onEdit={onEdit} />,
    },
    {
      label: "Categories",
      cell: (product) => product.categories.map(capitalize).join(", ") || "None",
    },
    { label: "Price", isNumber: true, cell: (product) => formatMoney(product.price) },
    {
      label: "Stock",
      isNumber: true,
      cell: (product) => <StockCell product={product} onRestock={onRestock} />,
    },
    {
      label: "Actions",
      cell: (product) => (
        <span className="row-actions">
          <Button
            variant="quiet"
            className="btn-icon"
            aria-label={`Edit ${product.name}`}
            onClick={() => onEdit(product)}
          >
            <Icon name="edit" />
          </Button>
          {product.archived ? (
            <Button variant="quiet" onClick={() => restore(product.id)}>
              <Icon name="undo" /> Restore
              <span className="visually-hidden"> {product.name}</span>
            </Button>
          ) : (
            <Button
              variant="quiet"
              className="btn-icon"
              aria-label={`Archive ${product.name}`}
              onClick={() => archive(product)}
            >
              <Icon name="inbox" />
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      caption="Products"
      rows={products}
      rowKey={(product) => product.id}
      columns={columns}
    />
  );
}

function NameCell({ product, onEdit }: Pick<Props, "onEdit"> & { product: ProductBody }) {
  return (
    <span className="name-cell">
      <ProductPicture product={product} sizes="44px" />
      <button type="button" className="link-button" onClick={() => onEdit(product)}>
        {capitalize(product.name)}
      </button>
      {product.archived && (
        <span className="chip">
          <Icon name="inbox" />
          Archived
        </span>
      )}
    </span>
  );
}

function StockCell({ product, onRestock }: Pick<Props, "onRestock"> & { product: ProductBody }) {
  const isLow = product.quantity <= LOW_STOCK && !product.archived;
  return (
    <span className="stock-cell">
      {isLow && (
        <span className={`chip ${product.quantity === 0 ? "tone-danger" : "tone-warn"}`}>
          <Icon name="warn" />
          {product.quantity === 0 ? "Sold out" : "Low"}
        </span>
      )}
      <Button
        variant="outline-secondary"
        className="figure"
        aria-label={`Change stock of ${product.name}: ${product.quantity}`}
        onClick={() => onRestock(product)}
      >
        {product.quantity}
        <span aria-hidden="true" className="muted">
          ±
        </span>
      </Button>
    </span>
  );
}
