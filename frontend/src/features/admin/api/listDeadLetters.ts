import { infiniteQueryOptions } from "@tanstack/react-query";
import { type LetterStatus, listDeadLettersOrders, listDeadLettersProducts } from "@/api";

/** The service that could not apply an event. */
export type LetterOwner = "products" | "orders";

const LIST = { products: listDeadLettersProducts, orders: listDeadLettersOrders };

export function lettersQuery(owner: LetterOwner, status: LetterStatus) {
  return infiniteQueryOptions({
    queryKey: ["admin", "letters", owner, status],
    queryFn: async ({ signal, pageParam }) => {
      const query = { status, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await LIST[owner]({ query, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
