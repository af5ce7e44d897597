import type { OrderBody } from "@/api";
import { formatCents, formatMoney, toCents } from "@/lib/money";

/** What an order costs, what was paid and what was paid back. */
export function OrderSums({ order }: { order: OrderBody }) {
  const { cost, total, delivery, payment } = order;
  const toPayBack = toCents(payment.refund_requested) - toCents(payment.refunded);
  return (
    <dl className="sums">
      <Sum label="Items" amount={formatMoney(cost)} />
      <Sum label={delivery.name} amount={formatFee(delivery.fee)} />
      <Sum label="Total" amount={formatMoney(total)} isTotal />
      {payment.captured > 0 && <Sum label="Paid" amount={formatMoney(payment.captured)} />}
      {payment.captured > 0 && payment.open > 0 && (
        <Sum label="Still to pay" amount={formatMoney(payment.open)} />
      )}
      {toPayBack > 0 && <Sum label="To be paid back" amount={formatCents(toPayBack)} />}
      {payment.refunded > 0 && <Sum label="Paid back" amount={formatMoney(payment.refunded)} />}
    </dl>
  );
}

export function formatFee(fee: number): string {
  return fee === 0 ? "Free" : formatMoney(fee);
}

interface SumProps {
  label: string;
  amount: string;
  isTotal?: boolean;
}

export function Sum({ label, amount, isTotal = false }: SumProps) {
  return (
    <div className={isTotal ? "subtotal" : undefined}>
      <dt>{label}</dt>
      <dd className="money">{amount}</dd>
    </div>
  );
}
