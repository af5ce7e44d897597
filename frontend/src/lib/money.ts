import { CURRENCY, LOCALE } from "@/lib/settings";

const FORMAT = new Intl.NumberFormat(LOCALE, { style: "currency", currency: CURRENCY });

/** Convert an amount to cents. Sums use whole cents because 0.1 + 0.2 is not 0.3 in binary. */
export function toCents(amount: number): number {
  return Math.round(amount * 100);
}

export function formatCents(cents: number): string {
  return FORMAT.format(cents / 100);
}

export function formatMoney(amount: number): string {
  return FORMAT.format(amount);
}

interface Range {
  minimum: number;
  maximum: number;
}

/**
 * Read a price as people type it: with a point or a comma, and at most two decimals. Return null if
 * it is not a price, or out of range.
 */
export function parsePrice(text: string, { minimum, maximum }: Range): number | null {
  if (!/^\d+([.,]\d{1,2})?$/.test(text.trim())) return null;
  const price = Number(text.trim().replace(",", "."));
  return price >= minimum && price <= maximum ? price : null;
}

export interface Priced {
  price: number;
  quantity: number;
}

export function sumCents(lines: readonly Priced[]): number {
  return lines.reduce((sum, line) => sum + toCents(line.price) * line.quantity, 0);
}
