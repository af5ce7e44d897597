import { Link } from "react-router";
import { Icon } from "@/components/Icon";
import { ProductPicture } from "@/components/ProductPicture";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import type { FreshLine } from "../useFreshLines";

interface Props {
  lines: readonly FreshLine[];
  lineError: (id: string) => string | undefined;
}

/** What is ordered. */
export function CheckoutLines({ lines, lineError }: Props) {
  return (
    <section aria-labelledby="checkout-lines">
      <div className="summary-head">
        <h2 id="checkout-lines">Your order</h2>
        <Link to="/cart">Edit cart</Link>
      </div>
      <ul className="cart-lines plain-list">
        {lines.map((line) => (
          <Line key={line.id} line={line} error={lineError(line.id)} />
        ))}
      </ul>
    </section>
  );
}

interface LineProps {
  line: FreshLine;
  error: string | undefined;
}

function Line({ line, error }: LineProps) {
  const note = error ?? line.change?.text;
  return (
    <li className="cart-line">
      <ProductPicture product={line} sizes="88px" />
      <div className="cart-line-body">
        <span className="product-name">{line.name}</span>
        <span className="small-text muted figure">
          {line.quantity} × {formatMoney(line.price)}
        </span>
        {note && (
          <span className={`field-error ${error ? "" : "text-warn"}`}>
            <Icon name="warn" />
            {note}
          </span>
        )}
      </div>
      <div className="cart-line-end">
        <span className="money">{formatCents(toCents(line.price) * line.quantity)}</span>
      </div>
    </li>
  );
}
