import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { QuantityStepper } from "@/components/QuantityStepper";
import { toast } from "@/components/toastStore";
import { focusOnMount } from "@/lib/focusOnMount";
import { useCart } from "../CartContext";
import { addLine, MAX_QUANTITY, setQuantity } from "../cartStore";
import { removeWithUndo } from "../removeWithUndo";

/** A button on a product card that becomes a stepper when the product is in the cart. */
export function AddToCart({ product }: { product: ProductBody }) {
  // The button and the stepper replace each other, so the new one takes the focus.
  const [hasChangedCart, setChangedCart] = useState(false);
  const line = useCart().lines.find(({ id }) => id === product.id);
  if (line) {
    return (
      <QuantityStepper
        label={`Quantity of ${product.name}`}
        value={line.quantity}
        min={0}
        max={Math.min(Math.max(product.quantity, line.quantity), MAX_QUANTITY)}
        takesFocus={hasChangedCart}
        onChange={(quantity) => {
          setChangedCart(true);
          if (quantity === 0) removeWithUndo(line);
          else setQuantity(line.id, quantity);
        }}
      />
    );
  }
  function add() {
    setChangedCart(true);
    addLine(product, 1);
    toast(`Added ${product.name} to your cart.`);
  }
  return (
    <Button
      ref={hasChangedCart ? focusOnMount : undefined}
      variant="outline-secondary"
      disabled={product.quantity === 0}
      onClick={add}
    >
      {product.quantity === 0 ? "Sold out" : "Add to cart"}
      <span className="visually-hidden">{product.quantity > 0 && `: ${product.name}`}</span>
    </Button>
  );
}
