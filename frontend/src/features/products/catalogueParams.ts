import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";
import { parsePrice } from "@/lib/money";
import { readChoice, readCount, readText } from "@/lib/searchParams";
import type { ProductQuery } from "./api/listProducts";

export const SORTS = {
  newest: "Newest",
  price: "Price, low to high",
  "-price": "Price, high to low",
  name: "Name, A to Z",
  "-name": "Name, Z to A",
} as const;

export type SortChoice = keyof typeof SORTS;

/** How many pages a URL may restore, so that one URL does not load the whole catalogue. */
const MAX_PAGES = 50;

/** The search, filters and sort of the catalogue, as the URL stores them. */
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
  return {
    q: readText(params, "q", limits.q),
    category: readText(params, "category", limits.categoryName),
    min: readPrice(params, "min", limits.min_price),
    max: readPrice(params, "max", limits.max_price),
    inStock: params.get("stock") === "in",
    sort: readChoice(params, "sort", SORTS) ?? "",
    pages: readCount(params, "pages", MAX_PAGES),
  };
}

/** Return the query string of a view. Defaults are left out, so that each view has one URL. */
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
    // The server sorts search results by relevance unless the query has a sort.
    ...(params.sort ? { sort: params.sort } : params.q.trim() ? {} : { sort: "newest" as const }),
  };
}

/** Return a price that the server accepts, or an empty string. */
function readPrice(
  params: URLSearchParams,
  name: string,
  range: { minimum: number; maximum: number },
): string {
  return parsePrice(params.get(name) ?? "", range)?.toString() ?? "";
}
