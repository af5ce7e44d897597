import { deleteDeliveryMethod as request } from "@/api";

export async function deleteDeliveryMethod(id: string): Promise<void> {
  await request({ path: { method_id: id } });
}
