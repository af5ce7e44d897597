import { AddToCart } from "@/features/cart/components/AddToCart";
import * as products from "@/features/products/pages/HomePage";

export function HomePage() {
  return <products.HomePage CardAction={AddToCart} />;
}
