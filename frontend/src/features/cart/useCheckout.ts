import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useNavigate } from "react-router";
import type { AddressBody, LineRequest, OrderBody, PlaceOrderRequest } from "@/api";
import { toast } from "@/components/toastStore";
import { type AddressDraft, newDraft, toRequest } from "@/features/auth/addressForm";
import { addAddress } from "@/features/auth/api/addAddress";
import { addressesQuery } from "@/features/auth/api/listAddresses";
import { orderQuery } from "@/features/orders/api/getOrder";
import { placeOrder } from "@/features/orders/api/placeOrder";
import { withLock } from "@/lib/lock";
import { sumCents, toCents } from "@/lib/money";
import { asProblem, Problem } from "@/lib/problem";
import { useCart } from "./CartContext";
import { cartKey, completeOrder, startNewOrder } from "./cartStore";
import { type CheckoutDraft, forgetDraft, NEW_ADDRESS, useCheckoutDraft } from "./checkoutDraft";
import { orderErrors } from "./orderErrors";
import { useChoices } from "./useChoices";
import type { useFreshLines } from "./useFreshLines";
import { useNewAddress } from "./useNewAddress";

const LOCK = "kiosk-checkout";

type Address = NonNullable<NonNullable<PlaceOrderRequest["delivery"]>["address"]>;

interface Submission {
  body: PlaceOrderRequest;
  key: string;
  /** The address to add to the address book once the order is placed. */
  addressToSave: Address | null;
}

interface Options {
  account: string;
  /** The name in the contact and in a new address, unless it is changed. */
  ownerName: string;
  addresses: readonly AddressBody[];
  cart: ReturnType<typeof useFreshLines>;
}

/**
 * Place the cart as one order, with the delivery and the payment that the shopper chooses.
 *
 * The idempotency key belongs to the cart, in every tab, until an order is placed. A second click, a
 * retry, a reload after a timeout and another tab therefore all give the same order.
 */
export function useCheckout({ account, ownerName, addresses, cart: { lines, refetch } }: Options) {
  const { key } = useCart();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const isBusy = useRef(false);
  const [draft, changeDraft] = useCheckoutDraft(account);
  const name = draft.name ?? ownerName;
  const costCents = sumCents(lines);
  const choices = useChoices(draft, addresses, costCents);
  const { country, offer, payment, savedAddress } = choices;
  const needsNewAddress = offer?.needs_address === true && !savedAddress;
  const newAddress = useNewAddress({
    country,
    isNeeded: needsNewAddress,
    initial: draft.address ?? newDraft(ownerName),
    onChange: (address) => change({ address }),
  });

  const placing = useMutation({
    mutationFn: (sent: Submission) => withLock(LOCK, () => submit(sent)),
    onSuccess: (order, { addressToSave }) => {
      forgetDraft();
      queries.setQueryData(orderQuery(order.id).queryKey, order);
      queries.invalidateQueries({ queryKey: ["orders", "list"] });
      queries.invalidateQueries({ queryKey: ["products"], refetchType: "none" });
      navigate(`/orders/${order.id}`, { replace: true });
      if (addressToSave) save(addressToSave);
    },
    onError: (error) => {
      isBusy.current = false;
      // Not awaited: while the browser is offline, the refetch waits.
      void refetch();
      void choices.offers.refetch();
      if (!needsNewAddress) return;
      for (const [name, message] of orderErrors(error, undefined).ofAddress) {
        newAddress.form.setError(name, { message });
      }
    },
  });

  function save(address: Address): void {
    addAddress(address)
      .then(() => queries.invalidateQueries({ queryKey: addressesQuery.queryKey }))
      .catch((error) => toast(`Your address was not saved. ${asProblem(error).message}`));
  }
  function change(part: Partial<CheckoutDraft>): void {
    // The message of the last attempt may be wrong now.
    if (placing.isError) placing.reset();
    changeDraft(part);
  }
  async function place(): Promise<void> {
    // A second click can arrive before React has rendered the state of the first.
    if (isBusy.current || !offer || !payment) return;
    isBusy.current = true;
    // What was only a default is kept, so that a reload sends the same order.
    const addressId = savedAddress?.id ?? NEW_ADDRESS;
    changeDraft({ name, country, method: offer.id, payment, addressId });
    if (!offer.needs_address) return send(null);
    if (savedAddress) return send(plain(savedAddress));
    await newAddress.form.handleSubmit(
      (values: AddressDraft) => send(toRequest(country, values, newAddress.fields)),
      () => {
        isBusy.current = false;
      },
    )();
  }
  function send(address: Address | null): void {
    if (!offer || !payment) return;
    placing.mutate({
      body: {
        products: lines.map(({ id, quantity, price }): LineRequest => ({ id, quantity, price })),
        contact: { name: name.trim(), phone: draft.phone.trim() },
        delivery: { method: offer.id, fee: offer.fee, address },
        payment: { method: payment },
        note: draft.note.trim(),
      },
      // The key that was stored with these lines.
      key: key ?? cartKey(),
      addressToSave: needsNewAddress && draft.isAddressToBeSaved ? address : null,
    });
  }
  return {
    draft: { ...draft, name },
    change,
    choices,
    newAddress,
    totalCents: costCents + toCents(offer?.fee ?? 0),
    placing,
    place,
    canPlace: choices.isUpToDate && payment !== null && (!needsNewAddress || newAddress.isReady),
    /** Whether this cart was ordered before with other lines, prices or choices. */
    isAlreadyOrdered: asProblem(placing.error).type.endsWith("/idempotency-key-reused"),
    orderAgain: () => {
      startNewOrder();
      placing.reset();
    },
    errors: orderErrors(placing.error, placing.variables?.body),
  };
}

function plain({ id: _, default: __, ...address }: AddressBody): Address {
  return address;
}

async function submit({ body, key }: Submission): Promise<OrderBody> {
  if (cartKey() !== key) {
    throw new Problem({
      title: "This cart was ordered in another tab",
      detail: "Check your orders before you order again.",
    });
  }
  const order = await placeOrder(body, key);
  // The cart may have changed during the request, so only what was sent is removed.
  completeOrder(key, body.products);
  return order;
}
