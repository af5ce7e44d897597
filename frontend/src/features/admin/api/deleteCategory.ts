import { deleteCategory as request } from "@/api";

export async function deleteCategory(name: string): Promise<void> {
  await request({ path: { name } });
}
