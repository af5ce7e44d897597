import { describe, expect, it } from "vitest";
import type { OrderBody } from "@/api";
import { timeOnDay } from "@/lib/time";
import { anOrder, aParcelDelivery, aPayment, aShipment } from "@/testing/data";
import { nextStep } from "./nextStep";
import { progressOf } from "./progress";

const accepted = (part: Partial<OrderBody>) => anOrder({ status: "ACCEPTED", ...part });
const collection = anOrder().delivery;
const parcel = aParcelDelivery();
const paid = aPayment({ state: "PAID", captured: 29 });
const due = { state: "DUE", open: 29, due_at: "2026-12-05T12:00:00Z" } as const;
const fulfilled = (state: OrderBody["fulfilment"]["state"], carrier = "DHL") => ({
  state,
  shipments: [aShipment({ carrier })],
  closed: [],
});

const CASES: [OrderBody, step: string, progress: string][] = [
  [
    anOrder(),
    "We've received your order and are reserving its items. This page updates automatically.",
    "Placed",
  ],
  [
    anOrder({ status: "REJECTED" }),
    "We couldn't fulfil your order. No items were reserved.",
    "Rejected",
  ],
  [
    anOrder({ status: "CANCELLED" }),
    "Your order is cancelled. Its items are being returned to stock.",
    "Cancelled",
  ],
  [
    anOrder({ status: "CANCELLED", cancel_confirmed: true }),
    "Your order is cancelled and its items are back in stock.",
    "Cancelled",
  ],
  [
    anOrder({
      status: "CANCELLED",
      cancel_confirmed: true,
      payment: aPayment({ state: "PAID", captured: 29, refund_requested: 29, refunded: 0.5 }),
    }),
    "Your order is cancelled, and we will pay back €28.50.",
    "Cancelled",
  ],
  [
    anOrder({
      status: "CANCELLED",
      payment: aPayment({ state: "REFUNDED", captured: 29, refund_requested: 29, refunded: 29 }),
    }),
    "Your order is cancelled, and we have paid back €29.00.",
    "Cancelled",
  ],
  [
    accepted({ delivery: parcel, payment: aPayment({ ...due, method: "TRANSFER" }) }),
    "Transfer €29.00 by 5 December 2026.",
    "To pay",
  ],
  [
    accepted({ payment: aPayment({ ...due, method: "CARD" }) }),
    `Pay €29.00 with your card by ${timeOnDay(due.due_at)}.`,
    "To pay",
  ],
  [
    accepted({ payment: aPayment(due) }),
    "Collect your order by 5 December 2026, and pay €29.00 in the shop.",
    "To pay",
  ],
  [
    accepted({ payment: aPayment({ ...due, due_at: null }) }),
    "Collect your order, and pay €29.00 in the shop.",
    "To pay",
  ],
  [
    accepted({ payment: aPayment({ state: "PROCESSING" }) }),
    "Your payment is being checked.",
    "Payment in progress",
  ],
  [accepted({ delivery: parcel, payment: paid }), "We are packing your order.", "To ship"],
  [
    accepted({ delivery: collection, payment: paid }),
    "Your order is ready. Collect it in the shop.",
    "To collect",
  ],
  [
    accepted({ cost: 0, payment: aPayment() }),
    "Your order is ready. Collect it in the shop.",
    "To collect",
  ],
  // Orders of earlier releases have no payment.
  [accepted({ payment: aPayment() }), "All items in your order are reserved for you.", "Accepted"],
  [
    accepted({ payment: aPayment({ state: "REFUNDED", captured: 29, refunded: 29 }) }),
    "We have paid back €29.00.",
    "Refunded",
  ],
  [
    accepted({ delivery: parcel, payment: paid, fulfilment: fulfilled("PARTLY_SHIPPED") }),
    "We have sent a part of your order, and are packing the rest.",
    "Partly shipped",
  ],
  [
    accepted({ delivery: parcel, payment: paid, fulfilment: fulfilled("SHIPPED") }),
    "Sent with DHL on 3 December 2026.",
    "Shipped",
  ],
  [
    accepted({ delivery: parcel, payment: paid, fulfilment: fulfilled("SHIPPED", "") }),
    "Sent on 3 December 2026.",
    "Shipped",
  ],
  [
    accepted({ delivery: parcel, payment: paid, fulfilment: fulfilled("DELIVERED") }),
    "Your order was delivered.",
    "Delivered",
  ],
  [
    accepted({ payment: paid, fulfilment: { state: "COLLECTED", shipments: [], closed: [] } }),
    "You have collected your order.",
    "Collected",
  ],
];

describe("the next step of an order", () => {
  const cases = CASES.map(([order, step, progress]) => ({ order, step, progress }));
  it.each(cases)("is: $step", ({ order, step, progress }) => {
    expect(nextStep(order)).toBe(step);
    expect(progressOf(order).label).toBe(progress);
  });
});
