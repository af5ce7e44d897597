import { AddToCart } from "@/features/cart/components/AddToCart";
import * as products from "@/features/products/pages/CataloguePage";

export function CataloguePage() {
  return <products.CataloguePage CardAction={AddToCart} />;
}
