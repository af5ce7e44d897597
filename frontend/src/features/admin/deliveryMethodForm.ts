/** The form of a delivery method. */
import * as z from "zod/mini";
import type { DeliveryMethodBody, DeliveryMethodRequest } from "@/api";
import {
  feeStepRequestLimits as feeLimits,
  deliveryMethodRequestLimits as limits,
} from "@/api/generated/limits.gen";
import { maxLength, optionalPrice, price, required, wholeNumber } from "@/lib/validation";

export interface DeliveryMethodDraft {
  name: string;
  countries: string[];
  /** The first fee is that of the smallest order. */
  fees: { from: string; fee: string }[];
  free_from: string;
  days: string;
}

const MAX_ID_LENGTH = 40;

export const deliveryMethodSchema = z.object({
  name: z.string().check(z.trim(), required("Enter a name."), maxLength(limits.name.maxLength)),
  countries: z.array(z.string()).check(z.minLength(1, "Add at least one country.")),
  fees: z
    .array(z.object({ from: price(feeLimits.from), fee: price(feeLimits.fee) }))
    .check(
      z.refine(
        (fees) =>
          fees.every(({ from }, index) => index === 0 || from > (fees[index - 1]?.from ?? 0)),
        "Each fee must begin at a higher value than the one before.",
      ),
    ),
  free_from: optionalPrice(limits.free_from),
  days: wholeNumber(limits.days, `Enter a whole number from 0 to ${limits.days.maximum}.`),
});

export function toMethodDraft(method: DeliveryMethodBody | null): DeliveryMethodDraft {
  if (!method) {
    return { name: "", countries: [], fees: [{ from: "0", fee: "" }], free_from: "", days: "" };
  }
  return {
    name: method.name,
    countries: method.countries,
    fees: method.fees.map(({ from, fee }) => ({ from: from.toFixed(2), fee: fee.toFixed(2) })),
    free_from: method.free_from?.toFixed(2) ?? "",
    days: String(method.days),
  };
}

export function toMethodRequest(
  values: z.infer<typeof deliveryMethodSchema>,
): DeliveryMethodRequest {
  return { ...values, free_from: values.free_from === "" ? null : values.free_from };
}

/** Return an id for a new method, made of its name, that no other method has. */
export function newMethodId(name: string, takenIds: readonly string[]): string {
  const words = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, MAX_ID_LENGTH - 4)
    .replace(/-+$/, "");
  const base = words || "method";
  const taken = new Set([...takenIds, "collection"]);
  let id = base;
  for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`;
  return id;
}
