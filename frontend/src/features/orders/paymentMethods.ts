import type { PaymentMethod } from "@/api";
import { longDay, timeOnDay } from "@/lib/time";

interface PaymentMethodText {
  label: string;
  /** What choosing the method means, in one line. */
  explanation: string;
  /** Return what the shopper has to do while the payment is due. */
  task: (amount: string, until: string) => string;
  /** Return how a deadline is written. */
  deadline: (dueAt: string) => string;
}

/** How each method is shown. `until` is empty, or a deadline such as " by 5 December 2026". */
export const PAYMENT_METHODS: Record<PaymentMethod, PaymentMethodText> = {
  ON_COLLECTION: {
    label: "Pay in the shop",
    explanation: "You pay when you collect your order.",
    task: (amount, until) => `Collect your order${until}, and pay ${amount} in the shop.`,
    deadline: longDay,
  },
  TRANSFER: {
    label: "Bank transfer",
    explanation: "You get our bank details after you order. We start when your money has arrived.",
    task: (amount, until) => `Transfer ${amount}${until}.`,
    deadline: longDay,
  },
  CARD: {
    label: "Card",
    explanation: "After you order, you pay on the page of our payment provider.",
    task: (amount, until) => `Pay ${amount} with your card${until}.`,
    deadline: timeOnDay,
  },
};
