import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { OrderBody } from "@/api";
import { NotFound } from "@/app/NotFound";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { TimeAgo } from "@/components/TimeAgo";
import { useAuth } from "@/features/auth/AuthContext";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { orderQuery } from "../api/getOrder";
import { CancelOrder } from "../components/CancelOrder";
import { OrderLines } from "../components/OrderLines";
import { PutBack } from "../components/PutBack";
import { TimeLine } from "../components/TimeLine";
import { isUnsettled, useLiveOrders, useRefetchInterval } from "../live/useLiveOrders";
import { STATUS } from "../status";

export function OrderPage() {
  const { id = "" } = useParams();
  const interval = useRefetchInterval();
  const { data, error, refetch } = useQuery({
    ...orderQuery(id),
    refetchInterval: ({ state }) => interval(isUnsettled(state.data)),
  });
  const isMine = data?.email === useAuth().session?.email;
  // The stream tells of one's own orders only; an administrator sees others', too.
  useLiveOrders(isMine && isUnsettled(data));
  useTitle(data ? `Order: ${STATUS[data.status].label}` : "Order");
  if (data) return <Order order={data} isMine={isMine} />;
  if (error && [404, 422].includes(asProblem(error).status)) {
    return <NotFound title="There is no such order" />;
  }
  return (
    <div className="shop-width">
      {/* The heading comes with the order: one that gives way to another would lose the focus. */}
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

function Order({ order, isMine }: { order: OrderBody; isMine: boolean }) {
  const words = STATUS[order.status];
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
          <h1 tabIndex={-1} className={`order-status text-${words.tone}`}>
            <Icon name={words.icon} />
            <span className="visually-hidden">Order </span>
            {words.label}
          </h1>
          <p>{sentence(order)}</p>
          {order.reason && <p className="text-danger">{order.reason}</p>}
        </div>
        <TimeLine order={order} />
      </div>
      <div className="two-columns">
        <section aria-labelledby="order-lines">
          <h2 id="order-lines" className="visually-hidden">
            What you ordered
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
            <dt>By</dt>
            <dd>{order.email}</dd>
            <dt>Number</dt>
            <dd className="order-number">{order.id}</dd>
          </dl>
          {order.status === "REJECTED" && isMine && <PutBack order={order} />}
          <CancelOrder order={order} />
        </section>
      </div>
    </div>
  );
}

function sentence(order: OrderBody): string {
  if (order.status === "CANCELLED" && order.cancel_confirmed) {
    return "The order is cancelled; its products are back on the shelf.";
  }
  return STATUS[order.status].sentence;
}
