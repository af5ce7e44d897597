import { queryOptions } from "@tanstack/react-query";
import { getProduct, type ProductBody } from "@/api";

export interface TaggedProduct {
  product: ProductBody;
  etag: string;
}

/** A product together with the tag that a later change of it has to name. */
export function productQuery(id: string) {
  return queryOptions({
    queryKey: ["products", "one", id],
    queryFn: async ({ signal }): Promise<TaggedProduct> => {
      const { data, response } = await getProduct({ path: { product_id: id }, signal });
      return { product: data, etag: response.headers.get("ETag") ?? "" };
    },
  });
}
