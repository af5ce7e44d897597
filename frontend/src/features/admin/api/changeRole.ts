import { type AccountRole, changeRole as request } from "@/api";

export async function changeRole(email: string, role: AccountRole): Promise<void> {
  await request({ path: { email }, body: { role } });
}
