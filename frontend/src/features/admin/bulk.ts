/** What a change of several products does to each of them, and how it is undone. */
import type { AdminProductBody, ChangeResultBody, ProductChangeBody } from "@/api";
import {
  productChangeBodyLimits as changeLimits,
  newProductBodyLimits as limits,
} from "@/api/generated/limits.gen";
import { formatCents, formatMoney, toCents } from "@/lib/money";
import { capitalize } from "@/lib/text";

/** The actions, as the form offers them. */
export const BULK_ACTIONS = {
  "price-set": "Set the price",
  "price-increase": "Increase the price by an amount",
  "price-decrease": "Decrease the price by an amount",
  "price-increase-percent": "Increase the price by a percentage",
  "price-decrease-percent": "Decrease the price by a percentage",
  "category-add": "Add a category",
  "category-remove": "Remove a category",
  archive: "Archive",
  restore: "Restore",
  "stock-set": "Set the stock",
  "stock-increase": "Increase the stock",
  "stock-decrease": "Decrease the stock",
} as const;

export type BulkActionName = keyof typeof BULK_ACTIONS;

/** An action with its value: an amount, a percentage, a quantity, or a category. */
export type BulkAction =
  | { name: Exclude<BulkActionName, "category-add" | "category-remove">; value: number }
  | { name: "category-add" | "category-remove"; category: string };

/** What an action does to a product. */
export interface PlannedChange {
  product: AdminProductBody;
  before: string;
  after: string;
  /** The change to request, or null if nothing changes or the action is impossible. */
  change: ProductChangeBody | null;
  /** Why the action is impossible. */
  error?: string;
}

export function planChange(product: AdminProductBody, action: BulkAction): PlannedChange {
  switch (action.name) {
    case "price-set":
      return planPrice(product, toCents(action.value));
    case "price-increase":
      return planPrice(product, toCents(product.price) + toCents(action.value));
    case "price-decrease":
      return planPrice(product, toCents(product.price) - toCents(action.value));
    case "price-increase-percent":
      return planPrice(product, percentOf(product, 100 + action.value));
    case "price-decrease-percent":
      return planPrice(product, percentOf(product, 100 - action.value));
    case "category-add":
      return planCategories(product, [...new Set([...product.categories, action.category])]);
    case "category-remove":
      return planCategories(
        product,
        product.categories.filter((name) => name !== action.category),
      );
    case "archive":
      return planArchived(product, true);
    case "restore":
      return planArchived(product, false);
    case "stock-set":
      return planStock(product, action.value, true);
    case "stock-increase":
      return planStock(product, product.quantity + action.value);
    case "stock-decrease":
      return planStock(product, product.quantity - action.value);
  }
}

function percentOf(product: AdminProductBody, percent: number): number {
  return Math.round((toCents(product.price) * percent) / 100);
}

function planPrice(product: AdminProductBody, cents: number): PlannedChange {
  const plan = {
    product,
    before: formatMoney(product.price),
    after: formatCents(cents),
    change: null,
  };
  if (cents < 0) return { ...plan, error: "The price would be below zero." };
  if (cents > toCents(limits.price.maximum)) {
    return { ...plan, error: `The price would be above ${formatMoney(limits.price.maximum)}.` };
  }
  if (cents === toCents(product.price)) return plan;
  return { ...plan, change: { id: product.id, etag: product.etag, price: cents / 100 } };
}

function planCategories(product: AdminProductBody, categories: string[]): PlannedChange {
  const plan = {
    product,
    before: listOf(product.categories),
    after: listOf(categories),
    change: null,
  };
  if (categories.length === product.categories.length) return plan;
  if (categories.length > limits.categories.maxItems) {
    return { ...plan, error: `A product has at most ${limits.categories.maxItems} categories.` };
  }
  return { ...plan, change: { id: product.id, etag: product.etag, categories } };
}

function planArchived(product: AdminProductBody, archived: boolean): PlannedChange {
  const plan = {
    product,
    before: product.archived ? "Archived" : "For sale",
    after: archived ? "Archived" : "For sale",
    change: null,
  };
  if (archived === product.archived) return plan;
  return { ...plan, change: { id: product.id, etag: product.etag, archived } };
}

/** A stock that is set is sent as a difference, and refused if the stock has moved meanwhile. */
function planStock(product: AdminProductBody, quantity: number, isSet = false): PlannedChange {
  const plan = {
    product,
    before: String(product.quantity),
    after: String(quantity),
    change: null,
  };
  if (quantity < 0) return { ...plan, error: "The stock would be below zero." };
  if (quantity > changeLimits.quantity_delta.maximum) {
    return { ...plan, error: "The stock would be above 1,000,000." };
  }
  const delta = quantity - product.quantity;
  if (delta === 0) return plan;
  return {
    ...plan,
    change: {
      id: product.id,
      quantity_delta: delta,
      ...(isSet ? { expected_quantity: product.quantity } : {}),
    },
  };
}

function listOf(categories: readonly string[]): string {
  return categories.map(capitalize).join(", ") || "None";
}

/** A change that was applied: the product before it, and the result. */
export interface AppliedChange {
  before: AdminProductBody;
  after: AdminProductBody;
}

export function appliedChanges(
  products: readonly AdminProductBody[],
  results: readonly ChangeResultBody[],
): AppliedChange[] {
  const byId = new Map(products.map((product) => [product.id, product]));
  return results.flatMap(({ id, outcome, product }) => {
    const before = byId.get(id);
    return outcome === "applied" && before && product ? [{ before, after: product }] : [];
  });
}

/**
 * Return the change that undoes a request.
 *
 * Details get their earlier values, unless someone else has changed them since. The stock changes
 * by the opposite difference, so that sales since then still count.
 */
export function undoOf(request: ProductChangeBody, { before, after }: AppliedChange) {
  const change: ProductChangeBody = { id: before.id };
  if (request.price != null) change.price = before.price;
  if (request.categories != null) change.categories = before.categories;
  if (request.archived != null) change.archived = before.archived;
  if (request.quantity_delta) change.quantity_delta = -request.quantity_delta;
  if (request.etag) change.etag = after.etag;
  return change;
}

export interface Refusal {
  id: string;
  name: string;
  reason: string;
}

export function refusalsOf(
  products: readonly AdminProductBody[],
  results: readonly ChangeResultBody[],
): Refusal[] {
  const names = new Map(products.map((product) => [product.id, product.name]));
  return results.flatMap(({ id, problem }) =>
    problem ? [{ id, name: names.get(id) ?? id, reason: problem.detail }] : [],
  );
}
