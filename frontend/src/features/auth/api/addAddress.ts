import { type AddressRequest, addAddress as request } from "@/api";

export async function addAddress(body: AddressRequest): Promise<void> {
  await request({ body });
}
