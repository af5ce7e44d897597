import type { OrderBody, OrderStatus } from "@/api";
import { Icon } from "@/components/Icon";
import { clockTime, exactTime } from "@/lib/time";
import { STATUS } from "../status";

/** The statuses of an order with their times. The next status is pale. */
export function OrderTimeline({ order }: { order: OrderBody }) {
  return (
    <ol className="time-line plain-list">
      {order.history.map((step) => (
        <li key={`${step.status}-${step.at}`} className={`text-${STATUS[step.status].tone}`}>
          <Dot status={step.status} />
          <strong>{STATUS[step.status].label}</strong>
          <time className="small-text muted figure" dateTime={step.at} title={exactTime(step.at)}>
            {clockTime(step.at)}
          </time>
        </li>
      ))}
      {order.status === "PENDING" && (
        <li className="to-come muted">
          <span className="time-dot" />
          <span>Accepted</span>
          <span className="small-text">shortly</span>
        </li>
      )}
    </ol>
  );
}

function Dot({ status }: { status: OrderStatus }) {
  return (
    <span className={`time-dot tone-${STATUS[status].tone}`}>
      <Icon name={STATUS[status].icon} />
    </span>
  );
}
