/** Checks that forms share. Their limits come from the API's document. */
import * as z from "zod/mini";
import { parsePrice } from "@/lib/money";

interface Range {
  minimum: number;
  maximum: number;
}

export const required = (message: string) => z.minLength(1, message);

export const minLength = (count: number) => z.minLength(count, `Use at least ${count} characters.`);

export const maxLength = (count: number) => z.maxLength(count, `Use at most ${count} characters.`);

/** Accept a price as people type it. */
export function price(range: Range) {
  const error = priceMessage(range.maximum);
  return z.pipe(
    z.pipe(
      z.string(),
      z.transform((text) => parsePrice(text, range)),
    ),
    z.number(error),
  );
}

/** Accept a price, or nothing. */
export function optionalPrice(range: Range) {
  // Forms show the message of the first alternative.
  const error = priceMessage(range.maximum);
  return z.union([z.literal("", { error }), price(range)], { error });
}

function priceMessage(maximum: number): string {
  return `Enter a price such as 12.50, up to ${maximum.toLocaleString("en")}.`;
}

/** Accept a whole number within a range. */
export function wholeNumber({ minimum, maximum }: Range, message: string) {
  return z.pipe(
    z.pipe(z.string().check(z.trim(), z.regex(/^[+-]?\d+$/, message)), z.transform(Number)),
    z.number().check(z.minimum(minimum, message), z.maximum(maximum, message)),
  );
}
