import { Link } from "react-router";
import type { OrderBody } from "@/api";
import { Notice } from "@/components/Notice";

/** What an admin can do about a rejected order. */
export function RejectedOrderHelp({ order }: { order: OrderBody }) {
  const withReason = order.products.filter((line) => line.reason !== null);
  // Old orders do not say which products were short.
  const short = withReason.length > 0 ? withReason : order.products;
  return (
    <div className="spaced">
      <Notice tone="info" title="What you can do">
        <ul>
          {short.map((line) => (
            <li key={line.product_id}>
              <Link to={`/admin/products?restock=${line.product_id}`}>Restock {line.name}</Link>
            </li>
          ))}
        </ul>
        <p>
          A rejected order stays rejected. When everything is in stock,{" "}
          <a href={`mailto:${encodeURIComponent(order.email)}`}>write to the customer</a>. The
          customer can then order the same items again from the page of this order.
        </p>
      </Notice>
    </div>
  );
}
