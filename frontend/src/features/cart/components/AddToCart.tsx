import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { QuantityStepper } from "@/components/QuantityStepper";
import { toast } from "@/components/toasts";
import { focusOnce } from "@/lib/focusOnce";
import { MOST_PER_LINE } from "@/lib/settings";
import { useCart } from "../CartContext";
import { addLine, setQuantity } from "../cartStore";
import { removeWithUndo } from "../removeWithUndo";

/** A card's button, which turns into a stepper once the product is in the cart. */
export function AddToCart({ product }: { product: ProductBody }) {
  // The button and the stepper take each other's place, and the focus with it.
  const [wasPressed, setPressed] = useState(false);
  const line = useCart().lines.find((each) => each.id === product.id);
  if (line) {
    return (
      <QuantityStepper
        label={`Quantity of ${product.name}`}
        value={line.quantity}
        min={0}
        max={Math.min(Math.max(product.quantity, line.quantity), MOST_PER_LINE)}
        takesFocus={wasPressed}
        onChange={(quantity) => {
          setPressed(true);
          if (quantity === 0) removeWithUndo(line);
          else setQuantity(line.id, quantity);
        }}
      />
    );
  }
  function add() {
    setPressed(true);
    addLine(product, 1);
    toast(`Added ${product.name} to your cart.`);
  }
  return (
    <Button
      ref={wasPressed ? focusOnce : undefined}
      variant="outline-secondary"
      disabled={product.quantity === 0}
      onClick={add}
    >
      {product.quantity === 0 ? "Sold out" : "Add"}
      <span className="visually-hidden">
        {product.quantity > 0 && ` ${product.name} to the cart`}
      </span>
    </Button>
  );
}
