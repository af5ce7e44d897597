import { type PasswordChangeRequest, changePassword as request } from "@/api";

export async function changePassword(body: PasswordChangeRequest): Promise<void> {
  await request({ body });
}
