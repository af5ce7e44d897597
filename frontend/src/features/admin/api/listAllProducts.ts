import { infiniteQueryOptions } from "@tanstack/react-query";
import { type ListAllProductsData, listAllProducts } from "@/api";
import { PAGE_SIZE } from "@/lib/settings";

export type AdminProductQuery = Omit<NonNullable<ListAllProductsData["query"]>, "cursor" | "limit">;

/** All products, including archived ones. */
export function allProductsQuery(query: AdminProductQuery) {
  return infiniteQueryOptions({
    queryKey: ["admin", "products", query],
    queryFn: async ({ signal, pageParam }) => {
      const page = { limit: PAGE_SIZE, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await listAllProducts({ query: { ...query, ...page }, signal })).data;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
