import type { ReactNode } from "react";
import type { OrderBody } from "@/api";
import { Icon } from "@/components/Icon";
import { TimeAgo } from "@/components/TimeAgo";
import { formatMoney } from "@/lib/money";
import { STATUS } from "../status";
import { OrderLines } from "./OrderLines";
import { OrderTimeline } from "./OrderTimeline";

interface Props {
  order: OrderBody;
  /** What happened to the order, in a sentence. */
  description: ReactNode;
  /** The order's customer, as text or a link. */
  customer: ReactNode;
  /** Returns where the name of a line leads. By default, it leads to the product in the shop. */
  productUrl?: (line: OrderBody["products"][number]) => string;
  /** What is shown between the status and the items. */
  help?: ReactNode;
  /** The actions, below the summary. */
  children: ReactNode;
}

/** The status, the items and the summary of an order. */
export function OrderDetails({ order, description, customer, productUrl, help, children }: Props) {
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
          <p>{description}</p>
          {order.reason && <p className="text-danger">{order.reason}</p>}
        </div>
        <OrderTimeline order={order} />
      </div>
      {help}
      <div className="two-columns">
        <section aria-labelledby="order-lines">
          <h2 id="order-lines" className="visually-hidden">
            Items
          </h2>
          <OrderLines lines={order.products} productUrl={productUrl} />
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
            <dd className="breakable">{customer}</dd>
            <dt>Order number</dt>
            <dd className="order-number">{order.id}</dd>
          </dl>
          {children}
        </section>
      </div>
    </>
  );
}
