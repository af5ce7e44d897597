import { type AdminOrderBody, shipOrder as request, type ShipmentRequest } from "@/api";

/** Record a shipment. A retry with the same key counts once. */
export async function shipOrder(
  id: string,
  body: ShipmentRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
