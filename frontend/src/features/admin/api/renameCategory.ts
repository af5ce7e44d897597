import { renameCategory as request } from "@/api";

export async function renameCategory(name: string, replacement: string): Promise<void> {
  await request({ path: { name }, body: { name: replacement } });
}
