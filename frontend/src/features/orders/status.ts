import type { OrderStatus } from "@/api";
import type { IconName } from "@/components/Icon";

export interface StatusText {
  label: string;
  tone: "ok" | "warn" | "danger" | "info";
  icon: IconName;
  description: string;
}

/** How each status is shown. PENDING appears as "Placed", because that is what the shopper did. */
export const STATUS: Record<OrderStatus, StatusText> = {
  PENDING: {
    label: "Placed",
    tone: "info",
    icon: "clock",
    description:
      "We've received your order and are reserving its items. This page updates automatically.",
  },
  ACCEPTED: {
    label: "Accepted",
    tone: "ok",
    icon: "check",
    description: "All items in your order are reserved for you.",
  },
  REJECTED: {
    label: "Rejected",
    tone: "danger",
    icon: "cross",
    description: "We couldn't fulfil your order. No items were reserved.",
  },
  CANCELLED: {
    label: "Cancelled",
    tone: "warn",
    icon: "undo",
    description: "Your order is cancelled. Its items are being returned to stock.",
  },
};
