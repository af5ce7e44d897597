/** What admins see of an order, and what happens if they record something about it. */
import type { AdminOrderBody, LinePartBody, OrderAction, ReceiptMethod, RefundKind } from "@/api";
import { PAYMENT_METHODS } from "@/features/orders/paymentMethods";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { pluralize } from "@/lib/text";

export const ACTIONS: Record<OrderAction, string> = {
  cancel: "Cancelled",
  expire: "Cancelled, because it was not paid in time",
  remind: "Customer reminded",
  note: "Note",
  payment: "Payment recorded",
  refund: "Refund requested",
  payout: "Refund paid",
  ship: "Shipped",
  deliver: "Delivered",
  collect: "Collected",
  close_lines: "Rest closed",
  process: "Payment in progress",
  payment_failed: "Payment failed",
  dispute: "Payment disputed",
  problem: "Problem",
};

export const RECEIPT_METHODS: Record<ReceiptMethod, string> = {
  TRANSFER: "Bank transfer",
  CASH: "Cash",
  CARD: "Card",
};

export const REFUND_KINDS: Record<RefundKind, string> = {
  CANCELLED: "The order was cancelled",
  CLOSED_LINES: "A part was not delivered",
  OVERPAID: "Too much was paid",
  ALLOWANCE: "Allowance",
  DISPUTE: "The dispute was lost",
};

/** Return what an admin has to know about an order, and to do. */
export function deskStep(order: AdminOrderBody): string {
  const toPayBack = toPayBackCents(order);
  return toPayBack > 0 ? `${stepOf(order)} Pay back ${formatCents(toPayBack)}.` : stepOf(order);
}

function stepOf(order: AdminOrderBody): string {
  const { status, payment, fulfilment } = order;
  if (status === "PENDING") return "The items are being reserved. This page updates automatically.";
  if (status === "REJECTED") return "No items were reserved.";
  if (status === "CANCELLED")
    return order.cancel_confirmed
      ? "The order is cancelled and its items are back in stock."
      : "The order is cancelled. Its items are being returned to stock.";
  if (payment.state === "DUE") {
    const { label, deadline } = PAYMENT_METHODS[payment.method];
    const until = payment.due_at ? ` until ${deadline(payment.due_at)}` : "";
    return `${formatMoney(payment.open)} is due${until} (${label.toLowerCase()}).`;
  }
  if (payment.state === "PROCESSING") return "The payment is being checked.";
  if (order.actions.includes("ship"))
    return fulfilment.state === "OPEN" ? "Ship the order." : "Ship the rest, or close it.";
  if (order.actions.includes("collect")) return "The customer can collect the order.";
  if (fulfilment.state === "SHIPPED") return "The order is on its way.";
  if (fulfilment.state === "DELIVERED") return "The order was delivered.";
  if (fulfilment.state === "COLLECTED") return "The customer has collected the order.";
  return "All items are reserved for the customer.";
}

/** What an admin has to pay back. The provider of card payments pays the rest. */
function toPayBackCents({ refunds }: AdminOrderBody): number {
  return refunds
    .filter((refund) => !refund.paid_at && !refund.by_provider)
    .reduce((sum, { amount }) => sum + toCents(amount), 0);
}

/** What can be paid back beyond what was requested. */
export function refundableCents({ payment }: AdminOrderBody): number {
  return toCents(payment.captured) - toCents(payment.refund_requested);
}

/** Whether the customer can collect the order now, and pay then if it is not paid. */
export function canCollect({ status, actions, delivery, payment, fulfilment }: AdminOrderBody) {
  const isUnpaid = status === "ACCEPTED" && payment.state === "DUE" && fulfilment.state === "OPEN";
  return actions.includes("collect") || (isUnpaid && delivery.address === null);
}

/** Return what a payment of an amount means for an order. */
export function paymentEffect({ payment }: AdminOrderBody, cents: number): string {
  const missing = toCents(payment.open) - cents;
  if (missing > 0) return `${formatCents(missing)} is still missing then.`;
  if (missing === 0) return "The order is paid then.";
  return `${formatCents(-missing)} of it has to be paid back. The order appears under “To refund”.`;
}

/** Return what stays open if parts of an order are shipped. */
export function shipmentEffect(
  { open_lines: open }: AdminOrderBody,
  parts: readonly LinePartBody[],
) {
  const rest = countItems(open) - countItems(parts);
  const mail = "The customer gets a mail.";
  return rest > 0
    ? `${pluralize(rest, "item")} will remain to be shipped. ${mail}`
    : `This completes the order. ${mail}`;
}

/** Return what closing parts of an order costs. */
export function closingEffect(
  { products }: AdminOrderBody,
  parts: readonly LinePartBody[],
): string {
  const prices = new Map(products.map((line) => [line.product_id, toCents(line.price)]));
  const cents = parts.reduce(
    (sum, part) => sum + (prices.get(part.product_id) ?? 0) * part.quantity,
    0,
  );
  return `${formatCents(cents)} has to be paid back. The stock does not change.`;
}

function countItems(parts: readonly LinePartBody[]): number {
  return parts.reduce((sum, part) => sum + part.quantity, 0);
}
