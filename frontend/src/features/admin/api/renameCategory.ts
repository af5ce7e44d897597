import { renameCategory as request } from "@/api";

export async function renameCategory(id: string, name: string): Promise<void> {
  await request({ path: { category_id: id }, body: { name } });
}
