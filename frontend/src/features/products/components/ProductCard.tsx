import { type ComponentType, memo } from "react";
import { Link } from "react-router";
import type { ProductBody } from "@/api";
import { ProductPicture } from "@/components/ProductPicture";
import { formatMoney } from "@/lib/money";
import { LOW_STOCK } from "@/lib/settings";

const SIZES = "(min-width: 1240px) 290px, (min-width: 992px) 23vw, (min-width: 768px) 31vw, 46vw";

interface Props {
  product: ProductBody;
  eager?: boolean;
  Action: ComponentType<{ product: ProductBody }>;
}

export const ProductCard = memo(function ProductCard({ product, eager = false, Action }: Props) {
  const isLow = product.quantity > 0 && product.quantity <= LOW_STOCK;
  return (
    <li className="product-card">
      <Link to={`/products/${product.id}`} className="quiet-link">
        <ProductPicture product={product} sizes={SIZES} eager={eager} />
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
