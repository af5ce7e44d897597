import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { placeOrderRequestLimits } from "@/api/generated/limits.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { formatFee, Sum } from "@/features/orders/components/OrderSums";
import { formatCents, sumCents } from "@/lib/money";
import type { useCheckout } from "../useCheckout";
import type { useFreshLines } from "../useFreshLines";
import { StaleCartNotice } from "./StaleCartNotice";

const MAX_LINES = placeOrderRequestLimits.products.maxItems;

interface Props {
  cart: ReturnType<typeof useFreshLines>;
  checkout: ReturnType<typeof useCheckout>;
}

/** Every sum, what keeps the order from being placed, and the button that places it. */
export function CheckoutSummary({ cart, checkout }: Props) {
  const { lines, hasBlocking } = cart;
  const { placing, choices, totalCents } = checkout;
  const { offer } = choices;
  const hasTooManyLines = lines.length > MAX_LINES;
  const isBlocked = hasBlocking || hasTooManyLines || !checkout.canPlace;
  return (
    <section className="panel summary" aria-labelledby="checkout-summary">
      <h2 id="checkout-summary">Summary</h2>
      <dl className="sums">
        <Sum label="Items" amount={formatCents(sumCents(lines))} />
        {offer && <Sum label={offer.name} amount={formatFee(offer.fee)} />}
        <Sum label="Total" amount={formatCents(totalCents)} isTotal />
      </dl>
      {!placing.isError && <StaleCartNotice cart={cart} />}
      <Failure checkout={checkout} />
      {hasTooManyLines && (
        <p className="text-danger">
          An order can have at most {MAX_LINES} products. Remove some from your cart.
        </p>
      )}
      <Button
        disabled={placing.isPending || placing.isSuccess || isBlocked}
        onClick={checkout.place}
      >
        {placing.isPending ? "Placing order…" : buttonText(totalCents)}
      </Button>
      {hasBlocking && (
        <p className="small-text text-warn">
          Some items are unavailable. <Link to="/cart">Update your cart</Link>
        </p>
      )}
      {choices.isUpToDate && !offer && (
        <p className="small-text text-warn">Choose how you get your order.</p>
      )}
      <p className="small-text muted">
        It's safe to try again: you won't place the same order twice.
      </p>
    </section>
  );
}

/** Consumer law of the EU requires these words if something has to be paid. */
function buttonText(totalCents: number): string {
  return totalCents > 0 ? "Order with obligation to pay" : "Place order";
}

function Failure({ checkout }: { checkout: Props["checkout"] }) {
  const { placing, isAlreadyOrdered, orderAgain } = checkout;
  if (!placing.isError) return null;
  if (!isAlreadyOrdered) return <ErrorNotice error={placing.error} />;
  return (
    <Notice
      tone="warn"
      title="You have already ordered from this cart"
      action={
        <Button variant="outline-secondary" onClick={orderAgain}>
          Order these items too
        </Button>
      }
    >
      Your last order was placed before you changed it. <Link to="/orders">View your orders</Link>
    </Notice>
  );
}
