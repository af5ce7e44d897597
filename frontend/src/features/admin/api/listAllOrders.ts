import { infiniteQueryOptions } from "@tanstack/react-query";
import { type ListAllOrdersData, listAllOrders } from "@/api";

export type AdminOrderQuery = Omit<NonNullable<ListAllOrdersData["query"]>, "cursor" | "limit">;

const ORDERS_PER_PAGE = 25;

export function allOrdersQuery(query: AdminOrderQuery) {
  return infiniteQueryOptions({
    queryKey: ["admin", "orders", query],
    queryFn: async ({ signal, pageParam }) => {
      const page = { limit: ORDERS_PER_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await listAllOrders({ query: { ...query, ...page }, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
