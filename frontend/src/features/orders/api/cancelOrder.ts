import { cancelOrder as request } from "@/api";

export async function cancelOrder(id: string): Promise<void> {
  await request({ path: { order_id: id } });
}
