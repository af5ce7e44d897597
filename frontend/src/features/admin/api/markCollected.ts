import { type AdminOrderBody, type CollectionRequest, markCollected as request } from "@/api";

/** Record that an order was collected, and its payment. A retry with the same key counts once. */
export async function markCollected(
  id: string,
  body: CollectionRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
