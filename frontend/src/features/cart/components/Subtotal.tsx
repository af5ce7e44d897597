import { formatCents, sumCents } from "@/lib/money";
import type { FreshLine } from "../useFreshLines";

export function Subtotal({ lines, label = "Subtotal" }: { lines: FreshLine[]; label?: string }) {
  return (
    <p className="subtotal">
      <span>{label}</span>
      <strong className="money">{formatCents(sumCents(lines))}</strong>
    </p>
  );
}
