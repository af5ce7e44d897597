import { type AccountRole, changeRole as request } from "@/api";

export async function changeRole(accountId: string, role: AccountRole): Promise<void> {
  await request({ path: { account_id: accountId }, body: { role } });
}
