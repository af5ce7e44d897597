import type { ComponentType } from "react";
import type { OrderBody, PaymentMethod } from "@/api";
import { CardPayment } from "./CardPayment";
import { TransferDetails } from "./TransferDetails";

/** What helps the shopper to pay, by the method. */
const TASKS: Record<PaymentMethod, ComponentType<{ order: OrderBody }> | null> = {
  ON_COLLECTION: null,
  TRANSFER: TransferDetails,
  CARD: CardPayment,
};

/** How to pay an order whose payment is due. */
export function PaymentTask({ order }: { order: OrderBody }) {
  const Task = TASKS[order.payment.method];
  return order.payment.state === "DUE" && Task && <Task order={order} />;
}
