import type { ChangeProductRequest, ProductBody } from "@/api";
import { formatMoney } from "@/lib/money";

/** What the form holds: text as it is typed. */
export interface Draft {
  name: string;
  description: string;
  price: string;
  quantity: string;
  categories: string[];
}

export type DraftField = "name" | "description" | "price" | "categories";

export const EMPTY_DRAFT: Draft = {
  name: "",
  description: "",
  price: "",
  quantity: "0",
  categories: [],
};

export function draftOf(product: ProductBody): Draft {
  const { name, description, price, quantity, categories } = product;
  return { name, description, price: price.toFixed(2), quantity: String(quantity), categories };
}

export type Wrong = Partial<Record<keyof Draft, string>>;

export function whatIsWrong(draft: Draft): Wrong {
  const wrong: Wrong = {};
  if (!draft.name.trim()) wrong.name = "A product needs a name.";
  if (draft.name.includes("/")) wrong.name = "A name has no slash in it.";
  if (!/^\d{1,7}([.,]\d{1,2})?$/.test(draft.price.trim()) || priceOf(draft) > 1_000_000) {
    wrong.price = "Write a price such as 12.50, up to 1,000,000.";
  }
  if (!/^\d{1,7}$/.test(draft.quantity.trim()) || Number(draft.quantity) > 1_000_000) {
    wrong.quantity = "Write a whole number from 0 to 1,000,000.";
  }
  return wrong;
}

export function priceOf(draft: Draft): number {
  return Number(draft.price.trim().replace(",", "."));
}

/** Only what differs is sent: what an admin did not touch is not theirs to change. */
export function changesOf(draft: Draft, base: ProductBody): ChangeProductRequest {
  const change: ChangeProductRequest = {};
  if (draft.name.trim().toLowerCase() !== base.name) change.name = draft.name.trim();
  if (draft.description.trim() !== base.description) change.description = draft.description.trim();
  if (priceOf(draft) !== base.price) change.price = priceOf(draft);
  if (!sameSet(draft.categories, base.categories)) change.categories = draft.categories;
  return change;
}

export interface Difference {
  field: DraftField;
  label: string;
  mine: string;
  theirs: string;
}

/** Field by field, where mine and what someone saved meanwhile are not the same. */
export function differencesOf(draft: Draft, base: ProductBody, theirs: ProductBody): Difference[] {
  const change = changesOf(draft, theirs);
  const all: Difference[] = [
    { field: "name", label: "Name", mine: draft.name.trim(), theirs: theirs.name },
    {
      field: "description",
      label: "Description",
      mine: draft.description.trim(),
      theirs: theirs.description,
    },
    {
      field: "price",
      label: "Price",
      mine: formatMoney(priceOf(draft)),
      theirs: formatMoney(theirs.price),
    },
    {
      field: "categories",
      label: "Categories",
      mine: draft.categories.join(", "),
      theirs: theirs.categories.join(", "),
    },
  ];
  const touched = changesOf(draft, base);
  return all.filter(
    ({ field }) => field in change && (field in touched || changed(field, base, theirs)),
  );
}

function changed(field: DraftField, base: ProductBody, theirs: ProductBody): boolean {
  return JSON.stringify(base[field]) !== JSON.stringify(theirs[field]);
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
