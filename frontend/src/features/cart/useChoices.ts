import { useQuery } from "@tanstack/react-query";
import type { AddressBody, PaymentMethod } from "@/api";
import { SHOP_COUNTRY } from "@/features/auth/countries";
import { offersQuery } from "./api/listOffers";
import { type CheckoutDraft, NEW_ADDRESS } from "./checkoutDraft";

/** Return what a draft means, given what is offered: its choices, or the defaults. */
export function useChoices(
  draft: CheckoutDraft,
  addresses: readonly AddressBody[],
  costCents: number,
) {
  const country = draft.country || defaultOf(addresses)?.country || SHOP_COUNTRY;
  const offers = useQuery(offersQuery(country, costCents / 100));
  // A chosen method that is not offered is not replaced by another one.
  const offer = offers.data?.find(({ id }) => draft.method === "" || id === draft.method) ?? null;
  const localAddresses = addresses.filter((address) => address.country === country);
  const savedAddress =
    draft.addressId === NEW_ADDRESS
      ? null
      : (localAddresses.find(({ id }) => id === draft.addressId) ??
        defaultOf(localAddresses) ??
        null);
  return {
    country,
    offers,
    offer,
    /** Whether the offers are those of this country and value. */
    isUpToDate: offers.data !== undefined && !offers.isPlaceholderData,
    payment: offer && choosePayment(offer.payment_methods, draft.payment),
    localAddresses,
    savedAddress,
  };
}

function choosePayment(
  offered: readonly PaymentMethod[],
  chosen: PaymentMethod | null,
): PaymentMethod | null {
  return offered.find((method) => method === chosen) ?? offered[0] ?? null;
}

function defaultOf(addresses: readonly AddressBody[]): AddressBody | undefined {
  return addresses.find((address) => address.default) ?? addresses[0];
}
