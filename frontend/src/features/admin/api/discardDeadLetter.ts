import { discardDeadLetterOrders, discardDeadLetterProducts } from "@/api";
import type { DeadLetterOwner } from "./listDeadLetters";

const DISCARD = { products: discardDeadLetterProducts, orders: discardDeadLetterOrders };

export async function discardDeadLetter(
  owner: DeadLetterOwner,
  id: string,
  reason: string,
): Promise<void> {
  await DISCARD[owner]({ path: { letter_id: id }, body: { reason } });
}
