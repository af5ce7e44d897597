import { endSessions } from "@/api";
import { endSession } from "@/lib/session";

/** End all sessions of the account, in this browser too. */
export async function endAllSessions(): Promise<void> {
  await endSessions();
  endSession();
}
