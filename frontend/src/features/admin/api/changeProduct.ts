import { type ChangeProductRequest, changeProduct as request } from "@/api";
import type { TaggedProduct } from "@/features/products/api/getProduct";

/** Change a product. If its ETag has changed, the server refuses with 412. */
export async function changeProduct(
  id: string,
  change: ChangeProductRequest,
  etag: string,
): Promise<TaggedProduct> {
  const { data, response } = await request({
    path: { product_id: id },
    body: change,
    headers: { "If-Match": etag },
  });
  return { product: data, etag: response.headers.get("ETag") ?? "" };
}
