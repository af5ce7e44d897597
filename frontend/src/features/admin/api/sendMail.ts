import { sendMailAuthentication, sendMailOrders } from "@/api";
import type { MailOwner } from "./listMails";

const SEND = { authentication: sendMailAuthentication, orders: sendMailOrders };

/** Let a parked mail be sent again. */
export async function sendMail(owner: MailOwner, id: string): Promise<void> {
  await SEND[owner]({ path: { mail_id: id } });
}
