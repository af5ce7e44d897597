import type { ReactNode } from "react";
import type { OrderBody } from "@/api";
import { TimeAgo } from "@/components/TimeAgo";
import { AddressText } from "@/features/auth/components/AddressText";
import { PAYMENT_METHODS } from "../paymentMethods";

interface Props {
  order: OrderBody;
  /** The order's customer, as text or a link. */
  customer: ReactNode;
}

/** Who ordered, when, how it is delivered and paid. */
export function OrderFacts({ order, customer }: Props) {
  const { number, contact, delivery, payment, note, total } = order;
  const who = [contact.name, contact.phone].filter(Boolean).join(", ");
  return (
    <dl className="facts">
      {number && (
        <>
          <dt>Order number</dt>
          <dd className="order-number">{number}</dd>
        </>
      )}
      <dt>Placed</dt>
      <dd>
        <TimeAgo time={order.created_at} />
      </dd>
      <dt>Customer</dt>
      <dd className="breakable">{customer}</dd>
      {who && (
        <>
          <dt>Contact</dt>
          <dd>{who}</dd>
        </>
      )}
      <dt>Delivery</dt>
      <dd>{delivery.name}</dd>
      {delivery.address && (
        <>
          <dt>Address</dt>
          <dd>
            {delivery.address.name}
            <AddressText address={delivery.address} />
          </dd>
        </>
      )}
      {total > 0 && (
        <>
          <dt>Payment</dt>
          <dd>{PAYMENT_METHODS[payment.method].label}</dd>
        </>
      )}
      {note && (
        <>
          <dt>Note</dt>
          <dd className="order-note">{note}</dd>
        </>
      )}
    </dl>
  );
}
