import { type FormEvent, useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Icon } from "@/components/Icon";
import { QuantityStepper } from "@/components/QuantityStepper";

import { useCart } from "../CartContext";
import { addLine, MAX_QUANTITY } from "../cartStore";

/** Adds a product to the cart. The cart never holds more pieces than there are in stock. */
export function BuyBox({ product }: { product: ProductBody }) {
  const { lines, openDrawer } = useCart();
  const [chosen, setChosen] = useState(1);
  const inCart = lines.find(({ id }) => id === product.id)?.quantity ?? 0;
  const available = Math.max(0, Math.min(product.quantity, MAX_QUANTITY) - inCart);
  const quantity = Math.min(chosen, Math.max(available, 1));

  function add(event: FormEvent) {
    event.preventDefault();
    addLine(product, quantity);
    setChosen(1);
    openDrawer();
  }
  return (
    <form className="buy-box" onSubmit={add}>
      {available > 0 && (
        <QuantityStepper label="Quantity" value={quantity} max={available} onChange={setChosen} />
      )}
      <Button type="submit" size="lg" disabled={available === 0}>
        <Icon name="cart" />
        {buttonText(product.quantity, available)}
      </Button>
      {inCart > 0 && (
        <button type="button" className="btn btn-link in-cart" onClick={openDrawer}>
          {inCart} in your cart
        </button>
      )}
    </form>
  );
}

function buttonText(stock: number, available: number): string {
  if (stock === 0) return "Sold out";
  return available === 0 ? "All available items are in your cart" : "Add to cart";
}
