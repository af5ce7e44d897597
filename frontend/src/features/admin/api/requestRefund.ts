import { type AdminOrderBody, type RefundRequest, requestRefund as request } from "@/api";

/** Request a refund. A retry with the same key counts once. */
export async function requestRefund(
  id: string,
  body: RefundRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
