import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { OrderBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { TimeAgo } from "@/components/TimeAgo";
import { orderQuery } from "@/features/orders/api/getOrder";
import { CancelOrder } from "@/features/orders/components/CancelOrder";
import { OrderLines } from "@/features/orders/components/OrderLines";
import { OrderTimeline } from "@/features/orders/components/OrderTimeline";
import { isUnsettled } from "@/features/orders/live/useLiveOrders";
import { STATUS } from "@/features/orders/status";
import { formatMoney } from "@/lib/money";
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
  const status = STATUS[order.status];
  return (
    <>
      <div className="order-head">
        <div role="status" aria-live="polite">
          <h1 tabIndex={-1} className={`order-status text-${status.tone}`}>
            <Icon name={status.icon} />
            <span className="visually-hidden">Order </span>
            {status.label}
          </h1>
          <p>{describe(order)}</p>
        </div>
        <OrderTimeline order={order} />
      </div>
      {order.status === "REJECTED" && <RejectedOrderHelp order={order} />}
      <div className="two-columns">
        <section aria-labelledby="order-lines">
          <h2 id="order-lines" className="visually-hidden">
            Items
          </h2>
          <OrderLines
            lines={order.products}
            productUrl={(line) => `/admin/products?edit=${line.product_id}`}
          />
        </section>
        <section className="panel summary" aria-labelledby="order-summary">
          <h2 id="order-summary">Summary</h2>
          <p className="subtotal">
            <span>Total</span>
            <strong className="money">{formatMoney(order.cost)}</strong>
          </p>
          <dl className="facts">
            <dt>Placed</dt>
            <dd>
              <TimeAgo time={order.created_at} />
            </dd>
            <dt>Customer</dt>
            <dd className="breakable">
              <Link to={`/admin/users?email=${encodeURIComponent(order.email)}`}>
                {order.email}
              </Link>
            </dd>
            <dt>Order number</dt>
            <dd className="order-number">{order.id}</dd>
          </dl>
          <Link to={`/admin/orders?email=${encodeURIComponent(order.email)}`}>
            All orders of this customer
          </Link>
          <CancelOrder order={order} whose="the customer's" />
        </section>
      </div>
    </>
  );
}

function describe(order: OrderBody): string {
  if (order.status === "PENDING")
    return "The items are being reserved. This page updates automatically.";
  if (order.status === "ACCEPTED") return "All items are reserved for the customer.";
  if (order.status === "REJECTED") return order.reason ?? "No items were reserved.";
  return order.cancel_confirmed
    ? "The order is cancelled and its items are back in stock."
    : "The order is cancelled. Its items are being returned to stock.";
}
