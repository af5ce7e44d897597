import type { OrderBody } from "@/api";
import { Icon } from "@/components/Icon";
import { progressOf } from "../progress";

export function StatusChip({ order }: { order: OrderBody }) {
  const { label, tone, icon } = progressOf(order);
  return (
    <span className={`chip tone-${tone}`}>
      <Icon name={icon} />
      {label}
    </span>
  );
}
