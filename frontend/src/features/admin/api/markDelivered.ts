import { type AdminOrderBody, markDelivered as request } from "@/api";

/** Record that an order was delivered. A retry with the same key counts once. */
export async function markDelivered(id: string, key: string): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body: {}, headers: { "Idempotency-Key": key } })).data;
}
