import type { ReactNode } from "react";
import type { OrderBody } from "@/api";
import { Icon } from "@/components/Icon";
import { progressOf } from "../progress";
import { STATUS } from "../status";
import { OrderFacts } from "./OrderFacts";
import { OrderLines } from "./OrderLines";
import { OrderSums } from "./OrderSums";
import { OrderTimeline } from "./OrderTimeline";
import { Shipments } from "./Shipments";

interface Props {
  order: OrderBody;
  /** What happened to the order or happens next, in a sentence. */
  description: ReactNode;
  /** The order's customer, as text or a link. */
  customer: ReactNode;
  /** Returns where the name of a line leads. By default, it leads to the product in the shop. */
  productUrl?: (line: OrderBody["products"][number]) => string;
  /** What is shown between the status and the items. */
  help?: ReactNode;
  /** What is shown below the items and the shipments. */
  more?: ReactNode;
  /** The actions, below the summary. */
  children: ReactNode;
}

/** The status, the items, the shipments and the summary of an order. */
export function OrderDetails(props: Props) {
  const { order, description, customer, productUrl, help, more, children } = props;
  const isOpen = order.fulfilment.state === "OPEN";
  const status = isOpen ? STATUS[order.status] : progressOf(order);
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
        <div>
          <section aria-labelledby="order-lines">
            <h2 id="order-lines" className="visually-hidden">
              Items
            </h2>
            <OrderLines order={order} productUrl={productUrl} />
          </section>
          <Shipments order={order} />
          {more}
        </div>
        <section className="panel summary" aria-labelledby="order-summary">
          <h2 id="order-summary">Summary</h2>
          <OrderSums order={order} />
          <OrderFacts order={order} customer={customer} />
          {children}
        </section>
      </div>
    </>
  );
}
