import { describe, expect, it } from "vitest";
import type { AdminOrderBody } from "@/api";
import { aDueTransfer, anAdminOrder, aParcelDelivery, aPayment, aRefund } from "@/testing/data";
import { deskStep } from "./desk";

const accepted = (part: Partial<AdminOrderBody>) => anAdminOrder({ status: "ACCEPTED", ...part });
const paid = aPayment({ state: "PAID", captured: 29 });
const parcel = { delivery: aParcelDelivery(), payment: paid };
const fulfilled = (state: AdminOrderBody["fulfilment"]["state"]) => ({
  fulfilment: { state, shipments: [], closed: [] },
});

const CASES: [AdminOrderBody, string][] = [
  [anAdminOrder(), "The items are being reserved. This page updates automatically."],
  [anAdminOrder({ status: "REJECTED" }), "No items were reserved."],
  [
    anAdminOrder({ status: "CANCELLED" }),
    "The order is cancelled. Its items are being returned to stock.",
  ],
  [
    anAdminOrder({
      status: "CANCELLED",
      cancel_confirmed: true,
      refunds: [aRefund({ amount: 29 })],
    }),
    "The order is cancelled and its items are back in stock. Pay back €29.00.",
  ],
  [accepted({ payment: aDueTransfer(29) }), "€29.00 is due until 5 December 2026 (bank transfer)."],
  [accepted({ payment: aPayment({ state: "DUE", open: 29 }) }), "€29.00 is due (pay in the shop)."],
  [accepted({ payment: aPayment({ state: "PROCESSING" }) }), "The payment is being checked."],
  [accepted({ ...parcel, actions: ["ship"] }), "Ship the order."],
  [
    accepted({
      ...parcel,
      refunds: [
        aRefund({ amount: 2 }),
        aRefund({ amount: 3, by_provider: true }),
        aRefund({ amount: 4, paid_at: "2026-01-02T00:00:00Z" }),
      ],
      actions: ["ship"],
    }),
    "Ship the order. Pay back €2.00.",
  ],
  [
    accepted({ ...parcel, ...fulfilled("PARTLY_SHIPPED"), actions: ["ship"] }),
    "Ship the rest, or close it.",
  ],
  [accepted({ payment: paid, actions: ["collect"] }), "The customer can collect the order."],
  [accepted({ ...parcel, ...fulfilled("SHIPPED") }), "The order is on its way."],
  [accepted({ ...parcel, ...fulfilled("DELIVERED") }), "The order was delivered."],
  [accepted({ payment: paid, ...fulfilled("COLLECTED") }), "The customer has collected the order."],
  [accepted({}), "All items are reserved for the customer."],
];

describe("what admins read about an order", () => {
  const cases = CASES.map(([order, step]) => ({ order, step }));
  it.each(cases)("is: $step", ({ order, step }) => {
    expect(deskStep(order)).toBe(step);
  });
});
