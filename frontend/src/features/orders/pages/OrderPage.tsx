import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Link, Navigate, useParams } from "react-router";
import type { OrderBody } from "@/api";

import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { TimeAgo } from "@/components/TimeAgo";
import { useAuth } from "@/features/auth/AuthContext";
import { NotFound } from "@/features/products/components/NotFound";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { orderQuery } from "../api/getOrder";
import { CancelOrder } from "../components/CancelOrder";
import { OrderLines } from "../components/OrderLines";

import { OrderTimeline } from "../components/OrderTimeline";
import { isUnsettled, useLiveOrders, useRefetchInterval } from "../live/useLiveOrders";
import { STATUS } from "../status";

interface Props {
  /** Adds the available products of a rejected order to the cart. */
  ReorderButton: ComponentType<{ order: OrderBody }>;
}

export function OrderPage({ ReorderButton }: Props) {
  const { id = "" } = useParams();
  const interval = useRefetchInterval();
  const { data, error, refetch } = useQuery({
    ...orderQuery(id),
    refetchInterval: ({ state }) => interval(isUnsettled(state.data)),
  });
  const isMine = data?.email === useAuth().session?.email;
  // The stream has only the user's own orders.
  useLiveOrders(isMine && isUnsettled(data));
  useTitle(data ? `Order ${STATUS[data.status].label.toLowerCase()}` : "Order");
  // Admins can read every order. Those of others belong to the administration.
  if (data && !isMine) return <Navigate to={`/admin/orders/${id}`} replace />;
  if (data) return <Order order={data} ReorderButton={ReorderButton} />;
  if (error && [404, 422].includes(asProblem(error).status)) {
    return <NotFound title="Order not found" />;
  }
  return (
    <div className="shop-width">
      {/* No heading while loading: when the order replaced it, the focus would be lost. */}
      {error ? (
        <>
          <div className="page-head">
            <h1 tabIndex={-1}>Order</h1>
          </div>
          <ErrorNotice error={error} onRetry={() => refetch()} />
        </>
      ) : (
        <SkeletonRows count={4} height="5rem" />
      )}
    </div>
  );
}

function Order({ order, ReorderButton }: Props & { order: OrderBody }) {
  const status = STATUS[order.status];
  return (
    <div className="shop-width">
      <p className="small-text">
        <Link to="/orders" className="back-link">
          <Icon name="back" />
          All orders
        </Link>
      </p>
      <div className="order-head">
        <div role="status" aria-live="polite">
          <h1 tabIndex={-1} className={`order-status text-${status.tone}`}>
            <Icon name={status.icon} />
            <span className="visually-hidden">Order </span>
            {status.label}
          </h1>
          <p>{description(order)}</p>
          {order.reason && <p className="text-danger">{order.reason}</p>}
        </div>
        <OrderTimeline order={order} />
      </div>
      <div className="two-columns">
        <section aria-labelledby="order-lines">
          <h2 id="order-lines" className="visually-hidden">
            Items
          </h2>
          <OrderLines lines={order.products} />
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
            <dd>{order.email}</dd>
            <dt>Order number</dt>
            <dd className="order-number">{order.id}</dd>
          </dl>
          {order.status === "REJECTED" && <ReorderButton order={order} />}
          <CancelOrder order={order} />
        </section>
      </div>
    </div>
  );
}

function description(order: OrderBody): string {
  if (order.status === "CANCELLED" && order.cancel_confirmed) {
    return "Your order is cancelled and its items are back in stock.";
  }
  return STATUS[order.status].description;
}
