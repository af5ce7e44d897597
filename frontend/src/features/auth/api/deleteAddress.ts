import { deleteAddress as request } from "@/api";

export async function deleteAddress(id: string): Promise<void> {
  await request({ path: { address_id: id } });
}
