import { login } from "@/api";
import { startSession } from "@/lib/session";

/** Sign in; the refresh token goes into a cookie that no script can read. */
export async function signIn(email: string, password: string): Promise<void> {
  const { data } = await login({ body: { email, password, cookie: true } });
  startSession(data.access_token);
}
