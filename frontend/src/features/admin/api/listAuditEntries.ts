import { infiniteQueryOptions } from "@tanstack/react-query";
import {
  type AuditTrailProductsData,
  auditTrailAuthentication,
  auditTrailOrders,
  auditTrailProducts,
} from "@/api";

/** The service that made the change. */
export type AuditOwner = "products" | "orders" | "accounts";

export type AuditQuery = Omit<NonNullable<AuditTrailProductsData["query"]>, "cursor" | "limit">;

const LIST = {
  products: auditTrailProducts,
  orders: auditTrailOrders,
  accounts: auditTrailAuthentication,
};
const ENTRIES_PER_PAGE = 25;

export function auditQuery(owner: AuditOwner, query: AuditQuery) {
  return infiniteQueryOptions({
    queryKey: ["admin", "audit", owner, query],
    queryFn: async ({ signal, pageParam }) => {
      const page = { limit: ENTRIES_PER_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await LIST[owner]({ query: { ...query, ...page }, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
