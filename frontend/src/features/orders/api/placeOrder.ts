import { type LineRequest, type OrderBody, placeOrder as request } from "@/api";

/** Place an order. Requests with the same key and lines return the same order. */
export async function placeOrder(products: LineRequest[], key: string): Promise<OrderBody> {
  const { data } = await request({
    body: { products },
    headers: { "Idempotency-Key": key },
  });
  return data;
}
