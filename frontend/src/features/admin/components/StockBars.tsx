import { Link } from "react-router";
import type { LowStockBody } from "@/api";
import { Icon } from "@/components/Icon";
import { LOW_STOCK } from "@/lib/settings";

/** The stock of products that run low, as bars with numbers. A full bar is the limit of low stock. */
export function StockBars({ products }: { products: LowStockBody[] }) {
  if (products.length === 0) {
    return (
      <p className="stock-line text-ok">
        <Icon name="check" />
        All products are well stocked.
      </p>
    );
  }
  return (
    <ul className="stock-bars plain-list">
      {products.map(({ id, name, quantity }) => (
        <li key={id}>
          <Link to={`/admin/products?edit=${id}`}>{name}</Link>
          <span className="figure">{quantity === 0 ? "Sold out" : `${quantity} left`}</span>
          <span className="bar">
            <span style={{ width: `${Math.min(quantity / LOW_STOCK, 1) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
