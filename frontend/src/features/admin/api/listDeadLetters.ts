import { infiniteQueryOptions } from "@tanstack/react-query";
import { type DeadLetterStatus, listDeadLettersOrders, listDeadLettersProducts } from "@/api";

/** The service that could not apply the event. */
export type DeadLetterOwner = "products" | "orders";

const LIST = { products: listDeadLettersProducts, orders: listDeadLettersOrders };

export function deadLettersQuery(owner: DeadLetterOwner, status: DeadLetterStatus) {
  return infiniteQueryOptions({
    queryKey: ["admin", "dead-letters", owner, status],
    queryFn: async ({ signal, pageParam }) => {
      const query = { status, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await LIST[owner]({ query, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
