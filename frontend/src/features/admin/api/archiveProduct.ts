import { archiveProduct as request } from "@/api";

export async function archiveProduct(id: string, etag: string): Promise<void> {
  await request({ path: { product_id: id }, headers: { "If-Match": etag } });
}
