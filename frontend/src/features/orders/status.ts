import type { OrderStatus } from "@/api";
import type { IconName } from "@/components/Icon";

interface StatusWords {
  label: string;
  tone: "ok" | "warn" | "danger" | "info";
  icon: IconName;
  sentence: string;
}

/** PENDING is shown as Placed: that is what the shopper did. */
export const STATUS: Record<OrderStatus, StatusWords> = {
  PENDING: {
    label: "Placed",
    tone: "info",
    icon: "clock",
    sentence:
      "We have your order. The stock is being set aside; this page will tell you as soon as it is.",
  },
  ACCEPTED: {
    label: "Accepted",
    tone: "ok",
    icon: "check",
    sentence: "Everything in your order is set aside for you.",
  },
  REJECTED: {
    label: "Rejected",
    tone: "danger",
    icon: "cross",
    sentence: "The order could not be filled, and nothing was taken.",
  },
  CANCELLED: {
    label: "Cancelled",
    tone: "warn",
    icon: "undo",
    sentence: "The order is cancelled and its stock goes back on the shelf.",
  },
};
