import { queryOptions } from "@tanstack/react-query";
import { listProducts, type ProductBody } from "@/api";
import { listProductsQueryLimits as limits } from "@/api/generated/limits.gen";

const MAX_IDS = limits.limit.maximum;

/**
 * The current state of products by their ids. Products that don't exist are left out.
 *
 * A cart may have more products than a request returns, so they are fetched in parts.
 */
export function cartProductsQuery(ids: readonly string[]) {
  const sortedIds = ids.toSorted();
  return queryOptions({
    queryKey: ["products", "cart", sortedIds],
    queryFn: async ({ signal }): Promise<ProductBody[]> => {
      const parts = chunk(sortedIds, MAX_IDS).map(async (ids) => {
        const query = { ids: ids.join(","), limit: MAX_IDS };
        return (await listProducts({ query, signal })).data.products;
      });
      return (await Promise.all(parts)).flat();
    },
  });
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
