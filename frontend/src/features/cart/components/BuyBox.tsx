import { useState } from "react";
import Button from "react-bootstrap/Button";
import type { ProductBody } from "@/api";
import { Icon } from "@/components/Icon";
import { QuantityStepper } from "@/components/QuantityStepper";
import { MOST_PER_LINE } from "@/lib/settings";
import { useCart } from "../CartContext";
import { addLine } from "../cartStore";

/** How many, and into the cart: never more than there are, counting those in the cart. */
export function BuyBox({ product }: { product: ProductBody }) {
  const { lines, openDrawer } = useCart();
  const [wanted, setWanted] = useState(1);
  const inCart = lines.find((each) => each.id === product.id)?.quantity ?? 0;
  const room = Math.max(0, Math.min(product.quantity, MOST_PER_LINE) - inCart);
  const quantity = Math.min(wanted, Math.max(room, 1));

  function add() {
    addLine(product, quantity);
    setWanted(1);
    openDrawer();
  }
  return (
    <div className="buy-box">
      {room > 0 && (
        <QuantityStepper label="Quantity" value={quantity} max={room} onChange={setWanted} />
      )}
      <Button size="lg" disabled={room === 0} onClick={add}>
        <Icon name="cart" />
        {buttonText(product.quantity, room)}
      </Button>
      {inCart > 0 && (
        <button type="button" className="btn btn-link in-cart" onClick={openDrawer}>
          {inCart} in your cart
        </button>
      )}
    </div>
  );
}

function buttonText(stock: number, room: number): string {
  if (stock === 0) return "Sold out";
  return room === 0 ? "All that there are is in your cart" : "Add to cart";
}
