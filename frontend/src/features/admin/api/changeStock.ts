import { type ProductBody, changeProduct as request } from "@/api";

/** So many more, or fewer: a difference, since sales go on meanwhile; sent twice it counts once. */
export async function changeStock(id: string, delta: number, key: string): Promise<ProductBody> {
  const { data } = await request({
    path: { product_id: id },
    body: { quantity_delta: delta },
    headers: { "Idempotency-Key": key },
  });
  return data;
}
