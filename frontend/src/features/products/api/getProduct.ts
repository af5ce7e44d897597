import { queryOptions } from "@tanstack/react-query";
import { getProduct, type ProductBody } from "@/api";

export interface ProductWithEtag {
  product: ProductBody;
  etag: string;
}

/** A product with its ETag, which a later change must send as If-Match. */
export function productQuery(id: string) {
  return queryOptions({
    queryKey: ["products", "detail", id],
    queryFn: async ({ signal }): Promise<ProductWithEtag> => {
      const { data, response } = await getProduct({ path: { product_id: id }, signal });
      return { product: data, etag: response.headers.get("ETag") ?? "" };
    },
  });
}
