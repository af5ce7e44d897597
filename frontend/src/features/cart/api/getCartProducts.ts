import { queryOptions } from "@tanstack/react-query";
import { listProducts, type ProductBody } from "@/api";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";

/** The current state of products by their ids. Products that don't exist are left out. */
export function cartProductsQuery(ids: readonly string[]) {
  const sortedIds = ids.toSorted();
  return queryOptions({
    queryKey: ["products", "cart", sortedIds],
    queryFn: async ({ signal }): Promise<ProductBody[]> => {
      const query = { ids: sortedIds.join(","), limit: limits.limit.maximum };
      return (await listProducts({ query, signal })).data.products;
    },
  });
}
