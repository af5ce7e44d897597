import { type AdminOrderBody, type CloseLinesRequest, closeLines as request } from "@/api";

/** Close parts of lines that cannot be shipped. A retry with the same key counts once. */
export async function closeLines(
  id: string,
  body: CloseLinesRequest,
  key: string,
): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
