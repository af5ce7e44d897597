/** What the URLs of the admin's lists ask for. */
import type { OrderStatus } from "@/api";
import {
  listAllOrdersQueryLimits as orderLimits,
  listAllProductsQueryLimits as productLimits,
} from "@/api/generated/limits.gen";
import { STATUS } from "@/features/orders/status";
import { readChoice, readDay, readId, readText } from "@/lib/searchParams";
import { LOW_STOCK } from "@/lib/settings";
import type { AdminOrderQuery } from "./api/listAllOrders";
import type { AdminProductQuery } from "./api/listAllProducts";

export const PRODUCT_SORTS = {
  newest: "Newest",
  name: "Name",
  price: "Price, low to high",
  "-price": "Price, high to low",
  stock: "Stock, low to high",
} as const;

const MAX_STOCK = { low: LOW_STOCK, out: 0 };

export interface ProductParams {
  q: string;
  stock: keyof typeof MAX_STOCK | "";
  sort: keyof typeof PRODUCT_SORTS;
  /** The id of the product that is edited, "new" for a new one, or null. */
  edit: string | null;
}

export function readProductParams(search: URLSearchParams): ProductParams {
  return {
    q: readText(search, "q", productLimits.q),
    stock: readChoice(search, "stock", MAX_STOCK) ?? "",
    sort: readChoice(search, "sort", PRODUCT_SORTS) ?? "newest",
    edit: search.get("edit") === "new" ? "new" : readId(search, "edit"),
  };
}

export function toProductQuery({ q, stock, sort }: ProductParams): AdminProductQuery {
  return {
    sort,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(stock ? { max_stock: MAX_STOCK[stock] } : {}),
  };
}

export interface OrderParams {
  status: OrderStatus | "";
  email: string;
  /** The first and the last day, or empty strings. */
  since: string;
  until: string;
}

export function readOrderParams(search: URLSearchParams): OrderParams {
  return {
    status: readChoice(search, "status", STATUS) ?? "",
    email: readText(search, "email", orderLimits.email),
    since: readDay(search, "since"),
    until: readDay(search, "until"),
  };
}

export function toOrderQuery({ status, email, since, until }: OrderParams): AdminOrderQuery {
  return {
    ...(status ? { status } : {}),
    ...(email.trim() ? { email: email.trim() } : {}),
    ...(since ? { since: `${since}T00:00:00Z` } : {}),
    ...(until ? { until: dayAfter(until) } : {}),
  };
}

/** The server excludes the end of the range, so the query needs the day after it. */
function dayAfter(last: string): string {
  return new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000).toISOString();
}
