import { type EmailChangeRequest, requestEmailChange } from "@/api";

/** Send a link to a new address, which confirms it. */
export async function changeEmail(body: EmailChangeRequest): Promise<void> {
  await requestEmailChange({ body });
}
