import { logout } from "@/api";
import { endSession } from "@/lib/session";

/** Sign out in every tab, even if the server can't be reached. */
export async function signOut(): Promise<void> {
  try {
    await logout();
  } finally {
    endSession();
  }
}
