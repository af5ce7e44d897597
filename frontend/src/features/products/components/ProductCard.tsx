import { type ComponentType, memo } from "react";
import { Link } from "react-router";
import type { ProductBody } from "@/api";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { LOW_STOCK } from "@/lib/settings";

interface Props {
  product: ProductBody;
  /** The width of the card in the layout. */
  sizes: string;
  eager?: boolean;
  Action: ComponentType<{ product: ProductBody }>;
}

export const ProductCard = memo(function ProductCard(props: Props) {
  const { product, sizes, eager = false, Action } = props;
  const isLow = product.quantity > 0 && product.quantity <= LOW_STOCK;
  return (
    <li className="product-card">
      <Link to={`/products/${product.id}`} className="quiet-link">
        <ProductPicture product={product} sizes={sizes} eager={eager} />
        <span className="product-name">{product.name}</span>
      </Link>
      <div className="product-facts">
        <span className="money">{formatMoney(product.price)}</span>
        {isLow && <span className="small-text text-warn">{product.quantity} left</span>}
        {product.quantity === 0 && <span className="small-text muted">Sold out</span>}
      </div>
      <Action product={product} />
    </li>
  );
});
