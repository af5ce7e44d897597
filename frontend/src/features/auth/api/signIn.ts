import { login } from "@/api";
import { startSession } from "@/lib/session";

/** Sign in. The server puts the refresh token into a cookie that scripts can't read. */
export async function signIn(email: string, password: string): Promise<void> {
  const { data } = await login({ body: { email, password, cookie: true } });
  startSession(data.access_token);
}
