import { replayDeadLetterOrders, replayDeadLetterProducts } from "@/api";
import type { DeadLetterOwner } from "./listDeadLetters";

const REPLAY = { products: replayDeadLetterProducts, orders: replayDeadLetterOrders };

export async function replayDeadLetter(owner: DeadLetterOwner, id: string): Promise<void> {
  await REPLAY[owner]({ path: { letter_id: id } });
}
