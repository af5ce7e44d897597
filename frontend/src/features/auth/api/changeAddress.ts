import { type AddressChangeRequest, changeAddress as request } from "@/api";

export async function changeAddress(id: string, body: AddressChangeRequest): Promise<void> {
  await request({ path: { address_id: id }, body });
}
