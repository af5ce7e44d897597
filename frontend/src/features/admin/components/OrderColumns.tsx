import { Link } from "react-router";
import type { OrderBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { StatusChip } from "@/features/orders/components/StatusChip";
import { formatMoney } from "@/lib/money";
import type { Column } from "./DataTable";

const PLACED: Column<OrderBody> = {
  label: "Placed",
  isHead: true,
  cell: (order) => (
    <Link to={`/admin/orders/${order.id}`}>
      <TimeAgo time={order.created_at} />
    </Link>
  ),
};

const CUSTOMER: Column<OrderBody> = {
  label: "Customer",
  cell: (order) => <span className="breakable">{order.email}</span>,
};

const OTHERS: Column<OrderBody>[] = [
  { label: "Status", cell: (order) => <StatusChip order={order} /> },
  { label: "Products", isNumber: true, cell: (order) => order.products.length },
  { label: "Total", isNumber: true, cell: (order) => formatMoney(order.total) },
];

export const ORDERS_OF_ONE_CUSTOMER = [PLACED, ...OTHERS];
export const ORDERS_OF_ALL_CUSTOMERS = [PLACED, CUSTOMER, ...OTHERS];
