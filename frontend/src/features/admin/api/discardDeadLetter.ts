import { discardDeadLetterOrders, discardDeadLetterProducts } from "@/api";
import type { LetterOwner } from "./listLetters";

const DISCARD = { products: discardDeadLetterProducts, orders: discardDeadLetterOrders };

export async function discardLetter(owner: LetterOwner, id: string, reason: string): Promise<void> {
  await DISCARD[owner]({ path: { letter_id: id }, body: { reason } });
}
