import { AddToCart } from "@/features/cart/components/AddToCart";
import * as cart from "@/features/cart/pages/CartPage";
import { ProductShelf } from "@/features/products/components/ProductShelf";

const NEWEST = { sort: "newest", limit: 4, in_stock: true } as const;

export function CartPage() {
  return (
    <cart.CartPage
      suggestions={<ProductShelf title="New arrivals" query={NEWEST} CardAction={AddToCart} />}
    />
  );
}
