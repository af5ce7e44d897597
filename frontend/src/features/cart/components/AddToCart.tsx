import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { QuantityStepper } from "@/components/QuantityStepper";
import { toast } from "@/components/toasts";
import { MOST_PER_LINE } from "@/lib/settings";
import { useCart } from "../CartContext";
import { addLine, setQuantity } from "../cartStore";
import { removeWithUndo } from "../removeWithUndo";

/** A card's button, which turns into a stepper once the product is in the cart. */
export function AddToCart({ product }: { product: ProductBody }) {
  const line = useCart().lines.find((each) => each.id === product.id);
  if (line) {
    return (
      <QuantityStepper
        label={`Quantity of ${product.name}`}
        value={line.quantity}
        min={0}
        max={Math.min(Math.max(product.quantity, line.quantity), MOST_PER_LINE)}
        onChange={(quantity) =>
          quantity === 0 ? removeWithUndo(line) : setQuantity(line.id, quantity)
        }
      />
    );
  }
  function add() {
    addLine(product, 1);
    toast(`Added ${product.name} to your cart.`);
  }
  return (
    <Button variant="outline-secondary" disabled={product.quantity === 0} onClick={add}>
      {product.quantity === 0 ? "Sold out" : "Add"}
      <span className="visually-hidden">
        {product.quantity > 0 && ` ${product.name} to the cart`}
      </span>
    </Button>
  );
}
