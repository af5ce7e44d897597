import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { useAuth } from "@/features/auth/AuthContext";
import { ProductPicture } from "@/features/products/components/ProductPicture";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { MOST_LINES } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { Freshness } from "../components/Freshness";
import { Subtotal } from "../components/Subtotal";
import { useCheckout } from "../useCheckout";
import { type FreshLine, useFreshLines } from "../useFreshLines";

export function CheckoutPage() {
  useTitle("Checkout");
  const email = useAuth().session?.email ?? "";
  const cart = useFreshLines();
  const { lines, hasBlocking, refetch } = cart;
  const { placing, place, isDoubtful, lineError } = useCheckout(lines, email, refetch);
  const tooMany = lines.length > MOST_LINES;

  // Pressing a second time while the first is on its way does nothing.
  function press() {
    if (!placing.isPending && !placing.isSuccess) place();
  }
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Checkout</h1>
      </div>
      {lines.length === 0 && !placing.isSuccess ? (
        <Empty icon="cart" title="There is nothing to order">
          <Link className="btn btn-primary" to="/products">
            Look around
          </Link>
        </Empty>
      ) : (
        <div className="two-columns">
          <section aria-labelledby="checkout-lines">
            <div className="summary-head">
              <h2 id="checkout-lines">Your order</h2>
              <Link to="/cart">Change</Link>
            </div>
            <ul className="cart-lines plain-list">
              {lines.map((line) => (
                <Line key={line.id} line={line} error={lineError(line.id)} />
              ))}
            </ul>
          </section>
          <section className="panel summary" aria-labelledby="checkout-summary">
            <h2 id="checkout-summary">Summary</h2>
            <Subtotal lines={lines} label="Total" />
            <p className="small-text muted">Signed in as {email}.</p>
            {!placing.isError && <Freshness cart={cart} />}
            {isDoubtful && (
              <Notice tone="warn" title="Look before you order again">
                Your last order may have gone through although no answer came.{" "}
                <Link to="/orders">See your orders</Link>
              </Notice>
            )}
            {placing.isError && <ErrorNotice error={placing.error} />}
            {tooMany && <p className="text-danger">An order has at most {MOST_LINES} lines.</p>}
            <Button
              size="lg"
              disabled={placing.isPending || placing.isSuccess || hasBlocking || tooMany}
              onClick={press}
            >
              {placing.isPending ? "Placing…" : "Place order"}
            </Button>
            {hasBlocking && (
              <p className="small-text text-warn">
                Some lines can't be had as they are. <Link to="/cart">See to them in the cart</Link>
              </p>
            )}
            <p className="small-text muted">Safe to press again: one checkout makes one order.</p>
          </section>
        </div>
      )}
    </div>
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
