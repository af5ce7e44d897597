import type { ProductBody } from "@/api";
import { formatMoney } from "@/lib/money";
import { ProductPicture } from "./ProductPicture";

interface Props {
  id: string;
  products: readonly ProductBody[];
  active: number;
  isOpen: boolean;
  onChoose: (product: ProductBody) => void;
}

/** The list below a search field; the focus stays in the field, as the combobox pattern has it. */
export function Suggestions({ id, products, active, isOpen, onChoose }: Props) {
  return (
    <div id={id} role="listbox" aria-label="Suggestions" className="suggestions" hidden={!isOpen}>
      {products.map((product, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys.
        <div
          key={product.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          className="suggestion"
          aria-selected={index === active}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(product)}
        >
          <ProductPicture product={product} sizes="32px" />
          <span className="name">{product.name}</span>
          <span className="money muted">{formatMoney(product.price)}</span>
        </div>
      ))}
    </div>
  );
}
