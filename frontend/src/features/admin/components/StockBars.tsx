import { Link } from "react-router";
import type { LowStockBody } from "@/api";
import { Icon } from "@/components/Icon";

/** The stock of products that run low, as bars with numbers. */
export function StockBars({ products }: { products: LowStockBody[] }) {
  if (products.length === 0) {
    return (
      <p className="stock-line text-ok">
        <Icon name="check" />
        All products are well stocked.
      </p>
    );
  }
  const maximum = Math.max(...products.map((product) => product.quantity), 1);
  return (
    <ul className="stock-bars plain-list">
      {products.map(({ id, name, quantity }) => (
        <li key={id}>
          <Link to={`/admin/products?edit=${id}`}>{name}</Link>
          <span className="figure">{quantity === 0 ? "Sold out" : `${quantity} left`}</span>
          <span className="bar" style={{ width: `${(quantity / maximum) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}
