/** What the URLs of the admin's lists ask for. */
import type { OrderStatus, OrderView } from "@/api";
import {
  auditTrailProductsQueryLimits as auditLimits,
  listAllOrdersQueryLimits as orderLimits,
  listAllProductsQueryLimits as productLimits,
} from "@/api/generated/limits.gen";
import { STATUS } from "@/features/orders/status";
import { readChoice, readDay, readId, readText } from "@/lib/searchParams";
import { LOW_STOCK } from "@/lib/settings";
import type { AdminOrderQuery } from "./api/listAllOrders";
import type { AdminProductQuery } from "./api/listAllProducts";
import type { AuditOwner, AuditQuery } from "./api/listAuditEntries";
import { AUDIT_ACTIONS, AUDIT_OWNERS } from "./audit";

export const PRODUCT_SORTS = {
  newest: "Newest",
  name: "Name, A to Z",
  "-name": "Name, Z to A",
  price: "Price, low to high",
  "-price": "Price, high to low",
  stock: "Stock, low to high",
  "-stock": "Stock, high to low",
} as const;

const SHOWN = { no: false, yes: true };

const MAX_STOCK = { low: LOW_STOCK, out: 0 };

export interface ProductParams {
  q: string;
  stock: keyof typeof MAX_STOCK | "";
  category: string;
  archived: keyof typeof SHOWN | "";
  sort: keyof typeof PRODUCT_SORTS;
  /** The id of the product that is edited, "new" for a new one, or null. */
  edit: string | null;
  /** The id of the product whose stock is changed, or null. */
  restock: string | null;
}

export function readProductParams(search: URLSearchParams): ProductParams {
  return {
    q: readText(search, "q", productLimits.q),
    stock: readChoice(search, "stock", MAX_STOCK) ?? "",
    category: readText(search, "category", productLimits.categoryName),
    archived: readChoice(search, "archived", SHOWN) ?? "",
    sort: readChoice(search, "sort", PRODUCT_SORTS) ?? "newest",
    edit: search.get("edit") === "new" ? "new" : readId(search, "edit"),
    restock: readId(search, "restock"),
  };
}

export function toProductQuery(params: ProductParams): AdminProductQuery {
  const { q, stock, category, archived, sort } = params;
  return {
    sort,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(stock ? { max_stock: MAX_STOCK[stock] } : {}),
    ...(category ? { categoryName: category } : {}),
    ...(archived ? { archived: SHOWN[archived] } : {}),
  };
}

/** The lists of orders that wait for an admin. */
export const ORDER_VIEWS: Record<OrderView, string> = {
  "to-pay": "To pay",
  "to-ship": "To ship",
  "to-refund": "To refund",
  problems: "Problems",
};

export interface OrderParams {
  view: OrderView | "";
  number: string;
  status: OrderStatus | "";
  email: string;
  /** The first and the last day, or empty strings. */
  since: string;
  until: string;
}

export function readOrderParams(search: URLSearchParams): OrderParams {
  return {
    view: readChoice(search, "view", ORDER_VIEWS) ?? "",
    number: readText(search, "number", orderLimits.number),
    status: readChoice(search, "status", STATUS) ?? "",
    email: readText(search, "email", orderLimits.email),
    since: readDay(search, "since"),
    until: readDay(search, "until"),
  };
}

export function toOrderQuery(params: OrderParams): AdminOrderQuery {
  const { view, number, status, email, since, until } = params;
  return {
    ...(view ? { view } : {}),
    ...(number.trim() ? { number: number.trim() } : {}),
    ...(status ? { status } : {}),
    ...(email.trim() ? { email: email.trim() } : {}),
    ...toTimes({ since, until }),
  };
}

export interface AuditParams {
  owner: AuditOwner;
  actor: string;
  action: string;
  subject: string;
  /** The first and the last day, or empty strings. */
  since: string;
  until: string;
}

export function readAuditParams(search: URLSearchParams): AuditParams {
  const owner = readChoice(search, "of", AUDIT_OWNERS) ?? "products";
  return {
    owner,
    actor: readText(search, "actor", auditLimits.actor),
    action: readChoice(search, "action", AUDIT_ACTIONS[owner]) ?? "",
    subject: readText(search, "subject", auditLimits.subject),
    since: readDay(search, "since"),
    until: readDay(search, "until"),
  };
}

export function toAuditQuery({ actor, action, subject, ...period }: AuditParams): AuditQuery {
  return {
    ...(actor.trim() ? { actor: actor.trim() } : {}),
    ...(action ? { action } : {}),
    ...(subject.trim() ? { subject: subject.trim() } : {}),
    ...toTimes(period),
  };
}

function toTimes({ since, until }: Pick<OrderParams, "since" | "until">) {
  return {
    ...(since ? { since: `${since}T00:00:00Z` } : {}),
    ...(until ? { until: dayAfter(until) } : {}),
  };
}

/** The server excludes the end of the range, so the query needs the day after it. */
function dayAfter(last: string): string {
  return new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000).toISOString();
}
