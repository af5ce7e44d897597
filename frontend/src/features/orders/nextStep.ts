import type { OrderBody, ShipmentBody } from "@/api";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { longDay } from "@/lib/time";
import { PAYMENT_METHODS } from "./paymentMethods";
import { STATUS } from "./status";

/** Return what happens next with an order, in one sentence for its customer. */
export function nextStep(order: OrderBody): string {
  if (order.status === "CANCELLED") return afterCancellation(order);
  if (order.status === "ACCEPTED") return afterAcceptance(order);
  return STATUS[order.status].description;
}

function afterCancellation({ payment, cancel_confirmed: isConfirmed }: OrderBody): string {
  const toPayBack = toCents(payment.refund_requested) - toCents(payment.refunded);
  if (toPayBack > 0)
    return `Your order is cancelled, and we will pay back ${formatCents(toPayBack)}.`;
  if (payment.refunded > 0)
    return `Your order is cancelled, and we have paid back ${formatMoney(payment.refunded)}.`;
  return isConfirmed
    ? "Your order is cancelled and its items are back in stock."
    : STATUS.CANCELLED.description;
}

function afterAcceptance({ delivery, payment, fulfilment, total }: OrderBody): string {
  const isCollection = delivery.address === null;
  switch (fulfilment.state) {
    case "COLLECTED":
      return "You have collected your order.";
    case "DELIVERED":
      return "Your order was delivered.";
    case "SHIPPED":
      return sentence(fulfilment.shipments.at(-1));
    case "PARTLY_SHIPPED":
      return "We have sent a part of your order, and are packing the rest.";
    case "OPEN":
      break;
  }
  switch (payment.state) {
    case "DUE": {
      const { task, deadline } = PAYMENT_METHODS[payment.method];
      const until = payment.due_at ? ` by ${deadline(payment.due_at)}` : "";
      return task(formatMoney(payment.open), until);
    }
    case "PROCESSING":
      return "Your payment is being checked.";
    case "REFUNDED":
      return `We have paid back ${formatMoney(payment.refunded)}.`;
    case "NONE":
      // Orders of earlier releases have no payment.
      if (total > 0) return STATUS.ACCEPTED.description;
      break;
    case "PAID":
      break;
  }
  return isCollection
    ? "Your order is ready. Collect it in the shop."
    : "We are packing your order.";
}

function sentence(shipment: ShipmentBody | undefined): string {
  if (!shipment) return "Your order is complete.";
  const carrier = shipment.carrier ? ` with ${shipment.carrier}` : "";
  return `Sent${carrier} on ${longDay(shipment.shipped_at)}.`;
}
