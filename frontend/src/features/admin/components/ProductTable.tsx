import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/features/products/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { FEW_LEFT } from "@/lib/settings";
import { capital } from "@/lib/words";
import { useArchive } from "../useArchive";
import { type Column, DataTable } from "./DataTable";

interface Props {
  products: ProductBody[];
  onEdit: (product: ProductBody) => void;
  onRestock: (product: ProductBody) => void;
}

export function ProductTable({ products, onEdit, onRestock }: Props) {
  const { archive, putBack } = useArchive();
  const columns: Column<ProductBody>[] = [
    {
      label: "Product",
      isHead: true,
      cell: (product) => <NameCell product={product} onEdit={onEdit} />,
    },
    {
      label: "Categories",
      cell: (product) => product.categories.map(capital).join(", ") || "none",
    },
    { label: "Price", isNumber: true, cell: (product) => formatMoney(product.price) },
    {
      label: "Stock",
      isNumber: true,
      cell: (product) => <StockCell product={product} onRestock={onRestock} />,
    },
    {
      label: "Change",
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
            <Button variant="quiet" onClick={() => putBack(product.id)}>
              <Icon name="undo" /> Put back
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
        {capital(product.name)}
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
  const isLow = product.quantity <= FEW_LEFT && !product.archived;
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
        aria-label={`Stock of ${product.name}: ${product.quantity}. Change it`}
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
