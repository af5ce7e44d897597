import { type DeliveryMethodRequest, putDeliveryMethod as request } from "@/api";

/** Add a delivery method, or replace the one with this id. */
export async function putDeliveryMethod(id: string, body: DeliveryMethodRequest): Promise<void> {
  await request({ path: { method_id: id }, body });
}
