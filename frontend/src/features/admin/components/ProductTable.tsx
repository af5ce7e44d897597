import Button from "react-bootstrap/Button";
import type { AdminProductBody } from "@/api";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { LOW_STOCK } from "@/lib/settings";
import { capitalize } from "@/lib/text";
import { useArchive } from "../useArchive";
import { useInlineChange } from "../useInlineChange";
import { type Column, DataTable, type Selection, type Sorting } from "./DataTable";
import { InlineEdit } from "./InlineEdit";

interface Props {
  products: AdminProductBody[];
  sorting: Sorting;
  selection: Selection;
  onEdit: (product: AdminProductBody) => void;
  onRestock: (product: AdminProductBody) => void;
}

export function ProductTable({ products, sorting, selection, onEdit, onRestock }: Props) {
  const { archive, restore } = useArchive();
  const columns: Column<AdminProductBody>[] = [
    {
      label: "Product",
      isHead: true,
      sort: { ascending: "name", descending: "-name" },
      cell: (product) => <NameCell product={product} onEdit={onEdit} />,
    },
    {
      label: "Categories",
      cell: (product) => product.categories.map(capitalize).join(", ") || "None",
    },
    {
      label: "Price",
      isNumber: true,
      sort: { ascending: "price", descending: "-price" },
      cell: (product) => <PriceCell product={product} />,
    },
    {
      label: "Stock",
      isNumber: true,
      sort: { ascending: "stock", descending: "-stock" },
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
      rowName={(product) => product.name}
      columns={columns}
      sorting={sorting}
      selection={selection}
    />
  );
}

interface CellProps {
  product: AdminProductBody;
}

function NameCell({ product, onEdit }: Pick<Props, "onEdit"> & CellProps) {
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

function PriceCell({ product }: CellProps) {
  const change = useInlineChange();
  return (
    <InlineEdit
      label={`price of ${product.name}`}
      shown={formatMoney(product.price)}
      initial={product.price.toFixed(2)}
      inputMode="decimal"
      onSave={(text) => change(product, "price-set", text)}
    />
  );
}

function StockCell({ product, onRestock }: Pick<Props, "onRestock"> & CellProps) {
  const change = useInlineChange();
  const isLow = product.quantity <= LOW_STOCK && !product.archived;
  return (
    <span className="stock-cell">
      {isLow && (
        <span className={`chip ${product.quantity === 0 ? "tone-danger" : "tone-warn"}`}>
          <Icon name="warn" />
          {product.quantity === 0 ? "Sold out" : "Low"}
        </span>
      )}
      <InlineEdit
        label={`stock of ${product.name}`}
        shown={String(product.quantity)}
        initial={String(product.quantity)}
        inputMode="numeric"
        onSave={(text) => change(product, "stock-set", text)}
      />
      <Button
        variant="outline-secondary"
        className="btn-icon"
        aria-label={`Change stock of ${product.name}: ${product.quantity}`}
        onClick={() => onRestock(product)}
      >
        <span aria-hidden="true">±</span>
      </Button>
    </span>
  );
}
