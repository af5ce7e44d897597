import { type LineRequest, type OrderBody, placeOrder as request } from "@/api";

/** Place an order; the same key and lines give the same order, however often it is sent. */
export async function placeOrder(products: LineRequest[], key: string): Promise<OrderBody> {
  const { data } = await request({
    body: { products },
    headers: { "Idempotency-Key": key },
  });
  return data;
}
