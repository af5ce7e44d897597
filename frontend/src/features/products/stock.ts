import { FEW_LEFT } from "@/lib/settings";

export type StockTone = "ok" | "warn" | "danger";

export interface StockWords {
  tone: StockTone;
  text: string;
}

/** What to say of how many there are. */
export function stockWords(quantity: number): StockWords {
  if (quantity <= 0) return { tone: "danger", text: "Sold out" };
  if (quantity <= FEW_LEFT) return { tone: "warn", text: `${quantity} left` };
  return { tone: "ok", text: "In stock" };
}
