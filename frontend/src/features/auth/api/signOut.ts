import { logout } from "@/api";
import { endSession } from "@/lib/session";

/** Sign out here and in every other tab, also where the server can't be told just now. */
export async function signOut(): Promise<void> {
  try {
    await logout();
  } finally {
    endSession();
  }
}
