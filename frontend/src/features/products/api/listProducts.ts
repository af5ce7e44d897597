import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ListProductsData, listProducts, type ProductsBody } from "@/api";
import { PAGE_SIZE } from "@/lib/settings";

export type ProductQuery = Omit<NonNullable<ListProductsData["query"]>, "cursor">;

async function fetchProducts(query: ListProductsData["query"], signal: AbortSignal) {
  const { data } = await listProducts({ query, signal });
  return data;
}

/** A single page of products, such as the newest ones. */
export function productsQuery(query: ProductQuery) {
  return queryOptions({
    queryKey: ["products", "list", query],
    queryFn: ({ signal }): Promise<ProductsBody> => fetchProducts(query, signal),
  });
}

/** A list of products that loads page by page. */
export function productPagesQuery(query: ProductQuery) {
  return infiniteQueryOptions({
    queryKey: ["products", "pages", query],
    queryFn: ({ signal, pageParam }): Promise<ProductsBody> =>
      fetchProducts(
        { limit: PAGE_SIZE, ...query, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}
