import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { placeOrderRequestLimits } from "@/api/generated/limits.gen";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { ProductPicture } from "@/components/ProductPicture";
import { useAuth } from "@/features/auth/AuthContext";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { useTitle } from "@/lib/useTitle";
import { StaleCartNotice } from "../components/StaleCartNotice";
import { Subtotal } from "../components/Subtotal";
import { useCheckout } from "../useCheckout";
import { type FreshLine, useFreshLines } from "../useFreshLines";

const MAX_LINES = placeOrderRequestLimits.products.maxItems;

export function CheckoutPage() {
  useTitle("Checkout");
  const email = useAuth().session?.email ?? "";
  const cart = useFreshLines();
  const { lines, hasBlocking, refetch } = cart;
  const checkout = useCheckout(lines, refetch);
  const { placing, lineError } = checkout;
  const hasTooManyLines = lines.length > MAX_LINES;

  // A second click during the request has no effect.
  function placeOnce() {
    if (!placing.isPending && !placing.isSuccess) checkout.place();
  }
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Checkout</h1>
      </div>
      {lines.length === 0 && !placing.isSuccess ? (
        <EmptyState icon="cart" title="Your cart is empty">
          {placing.isError && <ErrorNotice error={placing.error} />}
          <p className="muted">Add items to your cart to place an order.</p>
          <Link className="btn btn-primary" to={placing.isError ? "/orders" : "/products"}>
            {placing.isError ? "View your orders" : "Shop all products"}
          </Link>
        </EmptyState>
      ) : (
        <div className="two-columns">
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
          <section className="panel summary" aria-labelledby="checkout-summary">
            <h2 id="checkout-summary">Summary</h2>
            <Subtotal lines={lines} label="Total" />
            <p className="small-text muted">Signed in as {email}.</p>
            {!placing.isError && <StaleCartNotice cart={cart} />}
            {checkout.isAlreadyOrdered ? (
              <Notice
                tone="warn"
                title="You have already ordered from this cart"
                action={
                  <Button variant="outline-secondary" onClick={checkout.orderAgain}>
                    Order these items too
                  </Button>
                }
              >
                Your last order was placed before you changed the cart.{" "}
                <Link to="/orders">View your orders</Link>
              </Notice>
            ) : (
              placing.isError && <ErrorNotice error={placing.error} />
            )}
            {hasTooManyLines && (
              <p className="text-danger">
                An order can have at most {MAX_LINES} products. Remove some from your cart.
              </p>
            )}
            <Button
              size="lg"
              disabled={placing.isPending || placing.isSuccess || hasBlocking || hasTooManyLines}
              onClick={placeOnce}
            >
              {placing.isPending ? "Placing order…" : "Place order"}
            </Button>
            {hasBlocking && (
              <p className="small-text text-warn">
                Some items are unavailable. <Link to="/cart">Update your cart</Link>
              </p>
            )}
            <p className="small-text muted">
              It's safe to try again: you won't place the same order twice.
            </p>
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
