import { deleteCategory as request } from "@/api";

export async function deleteCategory(id: string): Promise<void> {
  await request({ path: { category_id: id } });
}
