import { discardMailAuthentication, discardMailOrders } from "@/api";
import type { MailOwner } from "./listMails";

const DISCARD = { authentication: discardMailAuthentication, orders: discardMailOrders };

export async function discardMail(owner: MailOwner, id: string, reason: string): Promise<void> {
  await DISCARD[owner]({ path: { mail_id: id }, body: { reason } });
}
