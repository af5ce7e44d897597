import { addCategory as request } from "@/api";

export async function addCategory(name: string): Promise<void> {
  await request({ body: { name } });
}
