import { changePassword as request } from "@/api";

export async function changePassword(current: string, replacement: string): Promise<void> {
  await request({ body: { current, new: replacement } });
}
