import { type AdminOrderBody, type PayoutRequest, recordPayout as request } from "@/api";

/** Record that a refund was paid. A retry with the same key counts once. */
export async function recordPayout(
  id: string,
  refundId: string,
  body: PayoutRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id, refund_id: refundId };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
