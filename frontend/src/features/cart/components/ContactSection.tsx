import { contactRequestLimits, placeOrderRequestLimits } from "@/api/generated/limits.gen";
import { Field } from "@/components/Field";
import type { useCheckout } from "../useCheckout";

/** Whom to ask about the order, and what the shop should know. */
export function ContactSection({ checkout }: { checkout: ReturnType<typeof useCheckout> }) {
  const { draft, change, errors } = checkout;
  return (
    <section aria-labelledby="checkout-contact" className="form-stack">
      <h2 id="checkout-contact">Contact</h2>
      <p className="muted breakable">
        Signed in as {draft.account}. We write to this address about your order.
      </p>
      <Field label="Your name (optional)" error={errors.message("contact.name")}>
        {(control) => (
          <input
            {...control}
            value={draft.name}
            autoComplete="name"
            maxLength={contactRequestLimits.name.maxLength}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Your phone (optional)"
        hint="For questions about your order."
        error={errors.message("contact.phone")}
      >
        {(control) => (
          <input
            {...control}
            type="tel"
            value={draft.phone}
            autoComplete="tel"
            onChange={(event) => change({ phone: event.target.value })}
          />
        )}
      </Field>
      <Field label="Note to the shop (optional)" error={errors.message("note")}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            value={draft.note}
            maxLength={placeOrderRequestLimits.note.maxLength}
            onChange={(event) => change({ note: event.target.value })}
          />
        )}
      </Field>
    </section>
  );
}
