import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { OrderBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { orderQuery } from "@/features/orders/api/getOrder";
import { CancelOrder } from "@/features/orders/components/CancelOrder";
import { OrderDetails } from "@/features/orders/components/OrderDetails";
import { isUnsettled } from "@/features/orders/live/useLiveOrders";
import { STATUS } from "@/features/orders/status";
import { asProblem } from "@/lib/problem";
import { RejectedOrderHelp } from "../components/RejectedOrderHelp";
import { useAdminTitle } from "../useAdminTitle";

const REFETCH_MILLISECONDS = 2_500;

/** An order of any customer, within the administration. */
export function AdminOrderPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery({
    ...orderQuery(id),
    refetchInterval: ({ state }) => (isUnsettled(state.data) ? REFETCH_MILLISECONDS : false),
  });
  useAdminTitle(data ? `Order ${STATUS[data.status].label.toLowerCase()}` : "Order");
  const isMissing = error && [404, 422].includes(asProblem(error).status);
  return (
    <>
      <p className="small-text">
        <Link to="/admin/orders" className="back-link">
          <Icon name="back" />
          All orders
        </Link>
      </p>
      {data && <Order order={data} />}
      {!data && !error && <SkeletonRows count={4} height="5rem" />}
      {!data && isMissing && (
        <EmptyState icon="box" title="Order not found">
          <p className="muted">Check the address, or choose an order from the list.</p>
        </EmptyState>
      )}
      {!data && error && !isMissing && <ErrorNotice error={error} onRetry={() => refetch()} />}
    </>
  );
}

function Order({ order }: { order: OrderBody }) {
  const email = encodeURIComponent(order.email);
  return (
    <OrderDetails
      order={order}
      description={describe(order)}
      customer={<Link to={`/admin/users?email=${email}`}>{order.email}</Link>}
      productUrl={(line) => `/admin/products?edit=${line.product_id}`}
      help={order.status === "REJECTED" && <RejectedOrderHelp order={order} />}
    >
      <Link to={`/admin/orders?email=${email}`}>All orders of this customer</Link>
      <CancelOrder order={order} whose="the customer's" />
    </OrderDetails>
  );
}

function describe(order: OrderBody): string {
  if (order.status === "PENDING")
    return "The items are being reserved. This page updates automatically.";
  if (order.status === "ACCEPTED") return "All items are reserved for the customer.";
  if (order.status === "REJECTED") return "No items were reserved.";
  return order.cancel_confirmed
    ? "The order is cancelled and its items are back in stock."
    : "The order is cancelled. Its items are being returned to stock.";
}
