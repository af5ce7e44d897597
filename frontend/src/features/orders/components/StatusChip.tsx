import type { OrderStatus } from "@/api";
import { Icon } from "@/components/Icon";
import { STATUS } from "../status";

export function StatusChip({ status }: { status: OrderStatus }) {
  const { label, tone, icon } = STATUS[status];
  return (
    <span className={`chip tone-${tone}`}>
      <Icon name={icon} />
      {label}
    </span>
  );
}
