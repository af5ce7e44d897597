import * as z from "zod/mini";

const MESSAGE = "Enter a percentage such as 10 or 2.5.";

/** Accepts a percentage as people type it: with a point or a comma, and at most two decimals. */
export const percentage = z.pipe(
  z.string().check(z.trim(), z.regex(/^\d{1,4}([.,]\d{1,2})?$/, MESSAGE)),
  z.transform((text) => Number(text.replace(",", "."))),
);
