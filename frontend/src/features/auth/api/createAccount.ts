import { register } from "@/api";
import { signIn } from "./signIn";

/** Create an account and sign in. Return whether a link to confirm the address was sent. */
export async function createAccount(email: string, password: string): Promise<boolean> {
  const { data } = await register({ body: { email, password } });
  await signIn(email, password);
  return data.mail_sent;
}
