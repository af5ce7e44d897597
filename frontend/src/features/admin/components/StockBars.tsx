import { Link } from "react-router";
import type { LowStockBody } from "@/api";
import { Icon } from "@/components/Icon";

/** How little is left, as bars with their numbers: plot and table in one. */
export function StockBars({ products }: { products: LowStockBody[] }) {
  if (products.length === 0) {
    return (
      <p className="stock-line text-ok">
        <Icon name="check" />
        All good: everything is well stocked.
      </p>
    );
  }
  const most = Math.max(...products.map((each) => each.quantity), 1);
  return (
    <ul className="stock-bars plain-list">
      {products.map((each) => (
        <li key={each.id}>
          <Link to={`/admin/products?edit=${each.id}`}>{each.name}</Link>
          <span className="figure">
            {each.quantity === 0 ? "Sold out" : `${each.quantity} left`}
          </span>
          <span className="bar" style={{ width: `${(each.quantity / most) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}
