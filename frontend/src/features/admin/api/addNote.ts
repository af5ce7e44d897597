import { type AdminOrderBody, type NoteRequest, addNote as request } from "@/api";

/** Add a note, which may resolve the problem of the order. A retry with the same key counts once. */
export async function addNote(id: string, body: NoteRequest, key: string): Promise<AdminOrderBody> {
  const path = { order_id: id };
  return (await request({ path, body, headers: { "Idempotency-Key": key } })).data;
}
