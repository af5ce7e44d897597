import type { OrderBody, ShipmentBody } from "@/api";
import { longDay } from "@/lib/time";

/** What was sent, when and how. */
export function Shipments({ order }: { order: OrderBody }) {
  const { shipments } = order.fulfilment;
  if (shipments.length === 0) return null;
  return (
    <section aria-labelledby="shipments" className="below">
      <h2 id="shipments">Shipments</h2>
      <ul className="row-list plain-list">
        {shipments.map((shipment) => (
          <li key={shipment.id} className="panel shipment">
            <h3>{longDay(shipment.shipped_at)}</h3>
            <Tracking shipment={shipment} />
            <p className="small-text muted">{contents(shipment, order)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tracking({ shipment }: { shipment: ShipmentBody }) {
  const { carrier, tracking_number: number, tracking_url: url } = shipment;
  const text = [carrier, number].filter(Boolean).join(" ");
  if (url) {
    return (
      <p>
        {text && `${text}: `}
        <a href={url} target="_blank" rel="noreferrer">
          Track this shipment
        </a>
      </p>
    );
  }
  return text && <p>{text}</p>;
}

function contents(shipment: ShipmentBody, order: OrderBody): string {
  const names = new Map(order.products.map((line) => [line.product_id, line.name]));
  return shipment.lines
    .map(({ product_id: id, quantity }) => `${quantity} × ${names.get(id) ?? id}`)
    .join(", ");
}
