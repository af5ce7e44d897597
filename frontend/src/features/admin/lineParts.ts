/** How much of each open line of an order is meant, by the product. */
import * as z from "zod/mini";
import type { AdminOrderBody, LinePartBody } from "@/api";
import type { Problem } from "@/lib/problem";

export type Quantities = Record<string, number>;

export const quantitiesSchema = z
  .record(z.string(), z.number())
  .check(z.refine((quantities) => toParts(quantities).length > 0, "Choose at least one item."));

export function allOpen(order: AdminOrderBody): Quantities {
  return Object.fromEntries(order.open_lines.map((line) => [line.product_id, line.quantity]));
}

export function isAllOpen(order: AdminOrderBody, quantities: Quantities): boolean {
  return order.open_lines.every((line) => quantities[line.product_id] === line.quantity);
}

export function toParts(quantities: Quantities): LinePartBody[] {
  return Object.entries(quantities)
    .filter(([, quantity]) => quantity > 0)
    .map(([product_id, quantity]) => ({ product_id, quantity }));
}

/** The server names a line by its position, such as `lines.0`. */
export function partsMessage(problem: Problem, name: string): string | undefined {
  if (name !== "quantities") return problem.field(name);
  return problem.errors.find(({ field }) => field.split(".")[0] === "lines")?.message;
}
