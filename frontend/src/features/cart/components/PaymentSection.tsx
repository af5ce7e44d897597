import { ChoiceGroup } from "@/components/ChoiceGroup";
import { PAYMENT_METHODS } from "@/features/orders/paymentMethods";
import type { useCheckout } from "../useCheckout";

/** How the order is paid: what the chosen delivery allows. */
export function PaymentSection({ checkout }: { checkout: ReturnType<typeof useCheckout> }) {
  const { change, choices, errors, totalCents } = checkout;
  const { offer, payment } = choices;
  if (!offer) return null;
  return (
    <section aria-labelledby="checkout-payment" className="form-stack">
      <h2 id="checkout-payment">Payment</h2>
      {totalCents === 0 ? (
        <p className="muted">There is nothing to pay.</p>
      ) : (
        <ChoiceGroup
          legend="How you pay"
          options={offer.payment_methods.map((method) => ({
            value: method,
            label: PAYMENT_METHODS[method].label,
            details: PAYMENT_METHODS[method].explanation,
          }))}
          value={payment}
          error={errors.message("payment.method")}
          onChange={(method) => change({ payment: method })}
        />
      )}
    </section>
  );
}
