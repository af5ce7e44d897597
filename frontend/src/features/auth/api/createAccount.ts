import { register } from "@/api";
import { signIn } from "./signIn";

export async function createAccount(email: string, password: string): Promise<void> {
  await register({ body: { email, password } });
  await signIn(email, password);
}
