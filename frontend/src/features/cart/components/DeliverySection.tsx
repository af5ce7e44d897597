import type { OfferBody } from "@/api";
import { ChoiceGroup } from "@/components/ChoiceGroup";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { SkeletonRows } from "@/components/Skeleton";
import { CountryField } from "@/features/auth/components/CountryField";
import { formatFee } from "@/features/orders/components/OrderSums";
import { pluralize } from "@/lib/text";
import type { useCheckout } from "../useCheckout";
import { AddressSection } from "./AddressSection";

/** The country, how the order gets there, and the address. */
export function DeliverySection({ checkout }: { checkout: ReturnType<typeof useCheckout> }) {
  const { change, choices } = checkout;
  const { message } = checkout.errors;
  const { country, offers, offer } = choices;
  return (
    <section aria-labelledby="checkout-delivery" className="form-stack">
      <h2 id="checkout-delivery">Delivery</h2>
      <CountryField
        value={country}
        error={message("delivery.address.country")}
        onChange={(chosen) => change({ country: chosen })}
      />
      {offers.isPending && <SkeletonRows count={2} height="4rem" />}
      {offers.error && !offers.data && (
        <ErrorNotice error={offers.error} onRetry={() => offers.refetch()} />
      )}
      {offers.data && (
        <Offers
          offers={offers.data}
          value={offer?.id ?? null}
          error={
            message("delivery.method") ??
            message("delivery.fee") ??
            (!offer && offers.data.length > 0
              ? "What you chose is not offered. Choose another option."
              : undefined)
          }
          onChange={(method) => change({ method })}
        />
      )}
      {offer?.needs_address && <AddressSection checkout={checkout} />}
    </section>
  );
}

interface OffersProps {
  offers: readonly OfferBody[];
  value: string | null;
  error: string | undefined;
  onChange: (method: string) => void;
}

function Offers({ offers, value, error, onChange }: OffersProps) {
  if (offers.length === 0) {
    return (
      <Notice tone="warn" title="We don't deliver to this country yet">
        Choose another country.
      </Notice>
    );
  }
  return (
    <>
      {!offers.some((offer) => offer.needs_address) && (
        <p className="muted">
          We don't deliver to this country yet, but you can collect your order in the shop.
        </p>
      )}
      <ChoiceGroup
        legend="How you get your order"
        options={offers.map(({ id, name, fee, days }) => ({
          value: id,
          label: name,
          details: days === null ? undefined : describeDays(days),
          end: formatFee(fee),
        }))}
        value={value}
        error={error}
        onChange={onChange}
      />
    </>
  );
}

function describeDays(days: number): string {
  return days === 0 ? "Delivered on the same day" : `Delivered in about ${pluralize(days, "day")}`;
}
