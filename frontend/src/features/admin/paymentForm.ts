/** The form of a payment that an admin records. */
import * as z from "zod/mini";
import type { AdminOrderBody, PaymentRecordRequest } from "@/api";
import { paymentRecordRequestLimits as limits } from "@/api/generated/limits.gen";
import { maxLength, price } from "@/lib/validation";

export const AMOUNT = { minimum: 0.01, maximum: limits.amount.maximum };

/** The provider of card payments records those by itself. */
export const RECORDED_METHODS = ["TRANSFER", "CASH"] as const;

export const paymentSchema = z.object({
  amount: price(AMOUNT),
  method: z.enum(RECORDED_METHODS),
  reference: z.string().check(z.trim(), maxLength(limits.reference.maxLength)),
});

export interface PaymentDraft {
  amount: string;
  method: PaymentRecordRequest["method"];
  reference: string;
}

/** Return the payment of what is open. */
export function openPayment({ payment }: AdminOrderBody): PaymentDraft {
  return {
    amount: payment.open > 0 ? payment.open.toFixed(2) : "",
    method: payment.method === "ON_COLLECTION" ? "CASH" : "TRANSFER",
    reference: "",
  };
}
