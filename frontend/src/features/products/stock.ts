import { LOW_STOCK } from "@/lib/settings";

export type StockTone = "ok" | "warn" | "danger";

export interface StockStatus {
  tone: StockTone;
  text: string;
}

/** Describe how many pieces of a product are in stock. */
export function stockStatus(quantity: number): StockStatus {
  if (quantity <= 0) return { tone: "danger", text: "Sold out" };
  if (quantity <= LOW_STOCK) return { tone: "warn", text: `${quantity} left` };
  return { tone: "ok", text: "In stock" };
}
