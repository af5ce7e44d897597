import { endSession as request } from "@/api";

/** End a session on another device. */
export async function endSession(id: string): Promise<void> {
  await request({ path: { session_id: id } });
}
