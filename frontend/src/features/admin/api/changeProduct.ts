import { type ChangeProductRequest, changeProduct as request } from "@/api";
import type { TaggedProduct } from "@/features/products/api/getProduct";

/** Change details of the very version that was seen; a newer one makes it a 412. */
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
