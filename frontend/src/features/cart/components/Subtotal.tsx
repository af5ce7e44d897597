import { formatCents, sumCents } from "@/lib/money";
import type { FreshLine } from "../useFreshLines";

/** The sum of what can be bought. Sold-out items do not count. */
export function Subtotal({ lines, label = "Subtotal" }: { lines: FreshLine[]; label?: string }) {
  const available = lines.map((line) => ({
    price: line.price,
    quantity: Math.min(line.quantity, line.available ?? line.quantity),
  }));
  return (
    <p className="subtotal">
      <span>{label}</span>
      <strong className="money">{formatCents(sumCents(available))}</strong>
    </p>
  );
}
