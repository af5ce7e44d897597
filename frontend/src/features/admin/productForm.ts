import * as z from "zod/mini";
import type { ChangeProductRequest, NewProductBody, ProductBody } from "@/api";
import { newProductBodyLimits as limits } from "@/api/generated/limits.gen";
import { formatMoney } from "@/lib/money";
import { maxLength, price, required, wholeNumber } from "@/lib/validation";

export const productSchema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      required("Enter a name."),
      maxLength(limits.name.maxLength),
      z.regex(/^[^/]*$/, "Remove the slash from the name."),
    ),
  description: z.string().check(z.trim(), maxLength(limits.description.maxLength)),
  price: price(limits.price),
  quantity: wholeNumber(
    limits.quantity,
    `Enter a whole number from 0 to ${limits.quantity.maximum.toLocaleString("en")}.`,
  ),
  categories: z
    .array(z.string())
    .check(
      z.maxLength(
        limits.categories.maxItems,
        `Choose at most ${limits.categories.maxItems} categories.`,
      ),
    ),
});

/** The fields of the form as text. */
export type ProductDraft = z.input<typeof productSchema>;
/** The validated fields, as the API expects them. */
export type ProductValues = z.output<typeof productSchema> & NewProductBody;

export type ConflictField = "name" | "description" | "price" | "categories";

export const EMPTY_DRAFT: ProductDraft = {
  name: "",
  description: "",
  price: "",
  quantity: "0",
  categories: [],
};

export function toDraft(product: ProductBody): ProductDraft {
  const { name, description, price, quantity, categories } = product;
  return { name, description, price: price.toFixed(2), quantity: String(quantity), categories };
}

/** Return only the changed fields, so that an edit does not overwrite other people's changes. */
export function findChanges(values: ProductValues, base: ProductBody): ChangeProductRequest {
  const changes: ChangeProductRequest = {};
  if (values.name.toLowerCase() !== asForm(base.name)) changes.name = values.name;
  if (values.description !== asForm(base.description)) changes.description = values.description;
  if (values.price !== base.price) changes.price = values.price;
  if (!isSameSet(values.categories, base.categories)) changes.categories = values.categories;
  return changes;
}

/** Return a saved text as an unchanged field gives it: trimmed, with the line ends of HTML. */
function asForm(saved: string): string {
  return saved.replaceAll(/\r\n?/g, "\n").trim();
}

export interface Difference {
  field: ConflictField;
  label: string;
  mine: string;
  theirs: string;
  /** Whether this edit changed the field. */
  isMine: boolean;
}

/**
 * Return the fields in which an edit differs from what someone else has saved.
 *
 * Args:
 *   values: The edit.
 *   base: The product that the edit started from.
 *   saved: The product that someone else has saved since.
 */
export function findDifferences(
  values: ProductValues,
  base: ProductBody,
  saved: ProductBody,
): Difference[] {
  const myChanges = findChanges(values, base);
  const differences = findChanges(values, saved);
  const fields: [ConflictField, label: string, mine: string, theirs: string][] = [
    ["name", "Name", values.name, saved.name],
    ["description", "Description", values.description, saved.description],
    ["price", "Price", formatMoney(values.price), formatMoney(saved.price)],
    ["categories", "Categories", values.categories.join(", "), saved.categories.join(", ")],
  ];
  return fields
    .filter(([field]) => field in differences)
    .map(([field, label, mine, theirs]) => ({
      field,
      label,
      mine,
      theirs,
      isMine: field in myChanges,
    }));
}

function isSameSet(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((name) => second.includes(name));
}
