import { infiniteQueryOptions } from "@tanstack/react-query";
import { listOrders, type OrdersBody } from "@/api";

const ORDERS_PER_PAGE = 10;

export const ordersQuery = infiniteQueryOptions({
  queryKey: ["orders", "list"],
  queryFn: async ({ signal, pageParam }): Promise<OrdersBody> => {
    const query = { limit: ORDERS_PER_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
    const { data } = await listOrders({ query, signal });
    return data;
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
});
