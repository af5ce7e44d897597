import { replayDeadLetterOrders, replayDeadLetterProducts } from "@/api";
import type { LetterOwner } from "./listLetters";

const REPLAY = { products: replayDeadLetterProducts, orders: replayDeadLetterOrders };

export async function replayLetter(owner: LetterOwner, id: string): Promise<void> {
  await REPLAY[owner]({ path: { letter_id: id } });
}
