"""The bodies of orders."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from orders.models.delivery import OrderDelivery
from orders.models.fulfilment import Fulfilment, FulfilmentState
from orders.models.order import Line, Order
from orders.models.payment import PaymentMethod, PaymentState, PaymentTerms
from orders.models.transfer import transfer_of
from orders.models.transitions import OrderAction, is_allowed
from shopkit.contract.events import OrderStatus


class LineBody(BaseModel):
    """A line of an order. `reason` is set if the order was rejected because of it."""

    product_id: str
    name: str
    price: float
    quantity: int
    reason: str | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """Return the body for a line."""
        return cls(
            product_id=line.product_id,
            name=line.name,
            price=line.price_cents / 100,
            quantity=line.quantity,
            reason=line.reason,
        )


class StepBody(BaseModel):
    """A status and when the order reached it."""

    status: OrderStatus
    at: datetime


class ContactBody(BaseModel):
    """Whom to ask about an order."""

    name: str
    email: str
    phone: str


class OrderAddressBody(BaseModel):
    """Where an order goes."""

    name: str
    company: str
    lines: list[str]
    postcode: str
    city: str
    region: str
    country: str
    phone: str


class DeliveryBody(BaseModel):
    """How an order is delivered. A collection has no address, no days and no fee."""

    method: str
    name: str
    fee: float
    days: int | None
    address: OrderAddressBody | None

    @classmethod
    def of(cls, delivery: OrderDelivery) -> Self:
        """Return the body for a delivery."""
        return cls(
            method=delivery.method_id,
            name=delivery.name,
            fee=delivery.fee_cents / 100,
            days=delivery.days,
            address=OrderAddressBody(**asdict(delivery.address)) if delivery.address else None,
        )


class TransferBody(BaseModel):
    """What a transfer must contain."""

    iban: str
    bic: str
    holder: str
    amount: float
    reference: str


class PaymentBody(BaseModel):
    """The payment of an order. `open` is what is still to be paid.

    `transfer` is set while a transfer is due.
    """

    method: PaymentMethod
    state: PaymentState
    due_at: datetime | None
    open: float
    captured: float
    refund_requested: float
    refunded: float
    transfer: TransferBody | None

    @classmethod
    def of(cls, order: Order, terms: PaymentTerms) -> Self:
        """Return the body for the payment of an order."""
        payment = order.payment
        transfer = transfer_of(order, terms)
        return cls(
            method=payment.method,
            state=payment.state,
            due_at=payment.due_at,
            open=order.open_cents / 100,
            captured=payment.captured_cents / 100,
            refund_requested=payment.refund_requested_cents / 100,
            refunded=payment.refunded_cents / 100,
            transfer=TransferBody(
                iban=transfer.account.iban,
                bic=transfer.account.bic,
                holder=transfer.account.holder,
                amount=transfer.amount_cents / 100,
                reference=transfer.reference,
            )
            if transfer
            else None,
        )


class LinePartBody(BaseModel):
    """A part of a line."""

    product_id: str
    quantity: int


class ShipmentBody(BaseModel):
    """A parcel."""

    id: str
    shipped_at: datetime
    lines: list[LinePartBody]
    carrier: str
    tracking_number: str
    tracking_url: str


class ClosedLineBody(BaseModel):
    """A part of a line that is not shipped."""

    product_id: str
    quantity: int
    reason: str


class FulfilmentBody(BaseModel):
    """What of an order was shipped or collected."""

    state: FulfilmentState
    shipments: list[ShipmentBody]
    closed: list[ClosedLineBody]

    @classmethod
    def of(cls, fulfilment: Fulfilment) -> Self:
        """Return the body for a fulfilment."""
        return cls(
            state=fulfilment.state,
            shipments=[
                ShipmentBody(
                    id=shipment.id,
                    shipped_at=shipment.shipped_at,
                    lines=[LinePartBody(**line._asdict()) for line in shipment.lines],
                    carrier=shipment.carrier,
                    tracking_number=shipment.tracking_number,
                    tracking_url=shipment.tracking_url,
                )
                for shipment in fulfilment.shipments
            ],
            closed=[ClosedLineBody(**part._asdict()) for part in fulfilment.closed],
        )


class OrderBody(BaseModel):
    """An order. `number` is empty only during an upgrade from a release without numbers."""

    id: str
    number: str
    email: str
    account_id: str | None
    status: OrderStatus
    reason: str | None
    cost: float
    total: float
    created_at: datetime
    cancel_confirmed: bool
    can_cancel: bool
    products: list[LineBody]
    history: list[StepBody]
    contact: ContactBody
    delivery: DeliveryBody
    payment: PaymentBody
    fulfilment: FulfilmentBody
    note: str

    @classmethod
    def of(cls, order: Order, terms: PaymentTerms) -> Self:
        """Return the body for an order of a shop with these terms."""
        return cls(**order_values(order, terms))


def order_values(order: Order, terms: PaymentTerms) -> dict[str, Any]:
    """Return the values of the body of an order."""
    return {
        "id": order.id,
        "number": order.number,
        "email": order.email,
        "account_id": order.account_id,
        "status": order.status,
        "reason": order.reason,
        "cost": order.cost_cents / 100,
        "total": order.total_cents / 100,
        "created_at": order.created_at,
        "cancel_confirmed": order.cancel_confirmed,
        "can_cancel": is_allowed(order, OrderAction.CANCEL),
        "products": [LineBody.of(line) for line in order.lines],
        "history": [StepBody(status=entry.status, at=entry.at) for entry in order.history],
        "contact": ContactBody(
            name=order.contact.name, email=order.email, phone=order.contact.phone
        ),
        "delivery": DeliveryBody.of(order.delivery),
        "payment": PaymentBody.of(order, terms),
        "fulfilment": FulfilmentBody.of(order.fulfilment),
        "note": order.note,
    }


class OrdersBody(BaseModel):
    """A page of orders, newest first."""

    orders: list[OrderBody]
    next_cursor: str | None


class SnapshotBody(BaseModel):
    """The start of a stream: the orders that changed since the last event or in ten minutes."""

    orders: list[OrderBody]
