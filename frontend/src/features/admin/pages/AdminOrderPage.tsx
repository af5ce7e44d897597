import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { AdminOrderBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Icon } from "@/components/Icon";
import { Notice } from "@/components/Notice";
import { SkeletonRows } from "@/components/Skeleton";
import { OrderDetails } from "@/features/orders/components/OrderDetails";
import { isUnsettled } from "@/features/orders/live/useLiveOrders";
import { progressOf } from "@/features/orders/progress";
import { asProblem } from "@/lib/problem";
import { adminOrderQuery } from "../api/getAdminOrder";
import { DeskActions } from "../components/DeskActions";
import { DeskMoney } from "../components/DeskMoney";
import { DeskTimeline } from "../components/DeskTimeline";
import { RejectedOrderHelp } from "../components/RejectedOrderHelp";
import { deskStep } from "../desk";
import { useAdminTitle } from "../useAdminTitle";

const REFETCH_MILLISECONDS = 2_500;

/** An order of any customer, with what an admin can do about it. */
export function AdminOrderPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery({
    ...adminOrderQuery(id),
    refetchInterval: ({ state }) => (isUnsettled(state.data) ? REFETCH_MILLISECONDS : false),
  });
  useAdminTitle(data ? `Order ${data.number} ${progressOf(data).label.toLowerCase()}` : "Order");
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

function Order({ order }: { order: AdminOrderBody }) {
  const email = encodeURIComponent(order.email);
  return (
    <OrderDetails
      order={order}
      description={deskStep(order)}
      customer={<Link to={`/admin/users?email=${email}`}>{order.email}</Link>}
      productUrl={(line) => `/admin/products?edit=${line.product_id}`}
      help={<Help order={order} />}
      more={
        <>
          <DeskMoney order={order} />
          <DeskTimeline timeline={order.timeline} />
        </>
      }
    >
      <DeskActions order={order} />
      <Link to={`/admin/orders?email=${email}`}>All orders of this customer</Link>
    </OrderDetails>
  );
}

function Help({ order }: { order: AdminOrderBody }) {
  if (order.status === "REJECTED") return <RejectedOrderHelp order={order} />;
  if (order.problem === null) return null;
  return (
    <div className="spaced">
      <Notice tone="warn" title="This order needs a decision">
        {order.problem}
      </Notice>
    </div>
  );
}
