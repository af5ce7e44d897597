import type { ProductQuery } from "./api/listProducts";

export const SORTS = {
  newest: "Newest",
  price: "Price, low to high",
  "-price": "Price, high to low",
  name: "Name, A to Z",
  "-name": "Name, Z to A",
} as const;

export type SortChoice = keyof typeof SORTS;

/** What the catalogue shows, as the address holds it. */
export interface CatalogueParams {
  q: string;
  category: string;
  min: string;
  max: string;
  inStock: boolean;
  sort: SortChoice | "";
  pages: number;
}

export function readParams(params: URLSearchParams): CatalogueParams {
  const sort = params.get("sort") ?? "";
  return {
    q: (params.get("q") ?? "").slice(0, 100),
    category: params.get("category") ?? "",
    min: price(params.get("min")),
    max: price(params.get("max")),
    inStock: params.get("stock") === "in",
    sort: sort in SORTS ? (sort as SortChoice) : "",
    pages: Math.max(1, Number.parseInt(params.get("pages") ?? "1", 10) || 1),
  };
}

/** The address of a view; what is at its default is left out, so one view has one address. */
export function writeParams(params: CatalogueParams): URLSearchParams {
  const pairs: [string, string][] = [
    ["q", params.q.trim()],
    ["category", params.category],
    ["min", params.min],
    ["max", params.max],
    ["stock", params.inStock ? "in" : ""],
    ["sort", params.sort],
    ["pages", params.pages > 1 ? String(params.pages) : ""],
  ];
  return new URLSearchParams(pairs.filter(([, value]) => value !== ""));
}

export function toQuery(params: CatalogueParams): ProductQuery {
  return {
    ...(params.q.trim() ? { q: params.q.trim() } : {}),
    ...(params.category ? { categoryName: params.category } : {}),
    ...(params.min ? { min_price: Number(params.min) } : {}),
    ...(params.max ? { max_price: Number(params.max) } : {}),
    ...(params.inStock ? { in_stock: true } : {}),
    // A search comes in the order of how well it fits, unless one is chosen.
    ...(params.sort ? { sort: params.sort } : params.q.trim() ? {} : { sort: "newest" as const }),
  };
}

/** A price as the server takes it, or nothing. */
export function price(text: string | null): string {
  return text && /^\d{1,7}(\.\d{1,2})?$/.test(text) ? text : "";
}
