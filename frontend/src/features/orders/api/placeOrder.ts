import { type OrderBody, type PlaceOrderRequest, placeOrder as request } from "@/api";

/** Place an order. Requests with the same key and body return the same order. */
export async function placeOrder(body: PlaceOrderRequest, key: string): Promise<OrderBody> {
  const { data } = await request({
    body,
    headers: { "Idempotency-Key": key },
  });
  return data;
}
