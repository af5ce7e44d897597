import { type ChangeProductRequest, changeProduct as request } from "@/api";
import type { ProductWithEtag } from "@/features/products/api/getProduct";

/**
 * Change a product. If someone else has changed its details since the ETag was read, the server
 * responds with 412.
 */
export async function changeProduct(
  id: string,
  change: ChangeProductRequest,
  etag: string,
): Promise<ProductWithEtag> {
  const { data, response } = await request({
    path: { product_id: id },
    body: change,
    headers: { "If-Match": etag },
  });
  return { product: data, etag: response.headers.get("ETag") ?? "" };
}
