import type { OrderBody } from "@/api";
import { STATUS, type StatusText } from "./status";

type Progress = Omit<StatusText, "description">;

const TO_PAY: Progress = { label: "To pay", tone: "warn", icon: "clock" };
const CHECKING: Progress = { label: "Payment in progress", tone: "info", icon: "clock" };
const TO_SHIP: Progress = { label: "To ship", tone: "info", icon: "box" };
const TO_COLLECT: Progress = { label: "To collect", tone: "info", icon: "box" };
const REFUNDED: Progress = { label: "Refunded", tone: "warn", icon: "undo" };

const FULFILLED: Record<Exclude<OrderBody["fulfilment"]["state"], "OPEN">, Progress> = {
  PARTLY_SHIPPED: { label: "Partly shipped", tone: "info", icon: "truck" },
  SHIPPED: { label: "Shipped", tone: "ok", icon: "truck" },
  DELIVERED: { label: "Delivered", tone: "ok", icon: "check" },
  COLLECTED: { label: "Collected", tone: "ok", icon: "check" },
};

/** Return how far an order is: its status, or what has happened since it was accepted. */
export function progressOf({ status, delivery, payment, fulfilment, total }: OrderBody): Progress {
  if (status !== "ACCEPTED") return STATUS[status];
  if (fulfilment.state !== "OPEN") return FULFILLED[fulfilment.state];
  if (payment.state === "DUE") return TO_PAY;
  if (payment.state === "PROCESSING") return CHECKING;
  if (payment.state === "REFUNDED") return REFUNDED;
  // Orders of earlier releases have no payment.
  if (payment.state === "NONE" && total > 0) return STATUS.ACCEPTED;
  return delivery.address ? TO_SHIP : TO_COLLECT;
}
