import { Link } from "react-router";
import type { AdminOrderBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { StatusChip } from "@/features/orders/components/StatusChip";
import { formatMoney } from "@/lib/money";
import type { Column } from "./DataTable";

const NUMBER: Column<AdminOrderBody> = {
  label: "Number",
  isHead: true,
  cell: (order) => (
    <Link className="order-number" to={`/admin/orders/${order.id}`}>
      {order.number || "Not numbered yet"}
    </Link>
  ),
};

const CUSTOMER: Column<AdminOrderBody> = {
  label: "Customer",
  cell: (order) => <span className="breakable">{order.email}</span>,
};

const OTHERS: Column<AdminOrderBody>[] = [
  { label: "State", cell: (order) => <StatusChip order={order} /> },
  { label: "Total", isNumber: true, cell: (order) => formatMoney(order.total) },
  { label: "Placed", cell: (order) => <TimeAgo time={order.created_at} /> },
];

export const ORDERS_OF_ONE_CUSTOMER = [NUMBER, ...OTHERS];
export const ORDERS_OF_ALL_CUSTOMERS = [NUMBER, CUSTOMER, ...OTHERS];
