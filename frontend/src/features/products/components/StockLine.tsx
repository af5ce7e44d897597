import { Icon, type IconName } from "@/components/Icon";
import { type StockTone, stockStatus } from "../stock";

const ICONS: Record<StockTone, IconName> = { ok: "check", warn: "clock", danger: "cross" };

export function StockLine({ quantity }: { quantity: number }) {
  const { tone, text } = stockStatus(quantity);
  return (
    <p className={`stock-line text-${tone}`}>
      <Icon name={ICONS[tone]} />
      {text}
    </p>
  );
}
