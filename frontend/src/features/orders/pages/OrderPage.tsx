import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Link, Navigate, useParams } from "react-router";
import type { OrderBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { SkeletonRows } from "@/components/Skeleton";
import { useAuth } from "@/features/auth/AuthContext";
import { NotFound } from "@/features/products/components/NotFound";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { orderQuery } from "../api/getOrder";
import { CancelOrder } from "../components/CancelOrder";
import { OrderDetails } from "../components/OrderDetails";
import { PaymentTask } from "../components/PaymentTask";
import { isUnsettled, useLiveOrders, useRefetchInterval } from "../live/useLiveOrders";
import { nextStep } from "../nextStep";
import { progressOf } from "../progress";

const PAYMENT_MILLISECONDS = 5_000;

interface Props {
  /** Adds the available products of a rejected order to the cart. */
  ReorderButton: ComponentType<{ order: OrderBody }>;
}

export function OrderPage({ ReorderButton }: Props) {
  const { id = "" } = useParams();
  const interval = useRefetchInterval();
  const { data, error, refetch } = useQuery({
    ...orderQuery(id),
    refetchInterval: ({ state: { data } }) =>
      interval(isUnsettled(data)) || (isPaidElsewhere(data) && PAYMENT_MILLISECONDS),
  });
  const isMine = data?.email === useAuth().session?.email;
  // The stream has only the user's own orders.
  useLiveOrders(isMine && isUnsettled(data));
  useTitle(data ? `Order ${data.number} ${progressOf(data).label.toLowerCase()}` : "Order");
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
  return (
    <div className="shop-width">
      <p className="small-text">
        <Link to="/orders" className="back-link">
          <Icon name="back" />
          All orders
        </Link>
      </p>
      <OrderDetails
        order={order}
        description={nextStep(order)}
        customer={order.email}
        help={<PaymentTask order={order} />}
      >
        {order.status === "REJECTED" && <ReorderButton order={order} />}
        <CancelOrder order={order} />
      </OrderDetails>
    </div>
  );
}

/** Whether the provider of card payments may say at any time that the order is paid. */
function isPaidElsewhere(order: OrderBody | undefined): boolean {
  if (order?.payment.method !== "CARD") return false;
  return order.payment.state === "DUE" || order.payment.state === "PROCESSING";
}
