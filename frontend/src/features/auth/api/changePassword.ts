import { type ChangePasswordRequest, changePassword as request } from "@/api";

export async function changePassword(body: ChangePasswordRequest): Promise<void> {
  await request({ body });
}
