import { type ProductBody, changeProduct as request } from "@/api";

/** Change the stock by a difference, because sales continue meanwhile. A retry counts once. */
export async function changeStock(id: string, delta: number, key: string): Promise<ProductBody> {
  const { data } = await request({
    path: { product_id: id },
    body: { quantity_delta: delta },
    headers: { "Idempotency-Key": key },
  });
  return data;
}
