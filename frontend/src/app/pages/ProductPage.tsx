import { AddToCart } from "@/features/cart/components/AddToCart";
import { BuyBox } from "@/features/cart/components/BuyBox";
import * as products from "@/features/products/pages/ProductPage";

export function ProductPage() {
  return <products.ProductPage BuyBox={BuyBox} CardAction={AddToCart} />;
}
