import { type AdminOrderBody, type PaymentRecordRequest, recordPayment as request } from "@/api";

/** Record money that was received. A retry with the same key counts once. */
export async function recordPayment(
  id: string,
  body: PaymentRecordRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
