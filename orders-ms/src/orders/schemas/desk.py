"""The bodies of what admins see of an order, and record about it."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, HttpUrl

from orders.models.fulfilment import LinePart, Parcel
from orders.models.order import Order
from orders.models.payment import PaymentTerms, ReceiptMethod, RefundKind
from orders.models.placement import LINE_LIMIT
from orders.models.transitions import OrderAction, allowed_actions
from orders.schemas.orders import LinePartBody, OrderBody, order_values
from orders.services.desk import DeskRequest, ReceivedPayment
from shopkit.contract.events import Id
from shopkit.identity import Identity
from shopkit.text import Line, RequiredLine, Text
from shopkit.web.request_types import Price, WholeNumber, to_cents

Amount = Annotated[Price, Field(gt=Decimal(0))]


class TimelineEntryBody(BaseModel):
    """What someone did with an order. `by` is `shop` if the shop itself did it."""

    at: datetime
    by: str
    action: OrderAction
    detail: str


class RefundBody(BaseModel):
    """Money that has to be paid back, or was.

    `by_provider` is true while the provider of card payments has to pay it.
    """

    id: str
    kind: RefundKind
    amount: float
    reason: str
    requested_at: datetime
    paid_at: datetime | None
    by_provider: bool


class ReceiptBody(BaseModel):
    """Money that was received."""

    id: str
    amount: float
    method: ReceiptMethod
    reference: str
    at: datetime


class AdminOrderBody(OrderBody):
    """An order as admins see it, with the actions that it allows now."""

    timeline: list[TimelineEntryBody]
    receipts: list[ReceiptBody]
    refunds: list[RefundBody]
    problem: str | None
    actions: list[OrderAction]
    open_lines: list[LinePartBody]

    @classmethod
    def of(cls, order: Order, terms: PaymentTerms) -> Self:
        """Return the body for an order."""
        return cls(
            **order_values(order, terms),
            timeline=[TimelineEntryBody(**entry._asdict()) for entry in order.timeline],
            receipts=[
                ReceiptBody(
                    id=receipt.id,
                    amount=receipt.amount_cents / 100,
                    method=receipt.method,
                    reference=receipt.reference,
                    at=receipt.at,
                )
                for receipt in order.payment.receipts
            ],
            refunds=[
                RefundBody(
                    id=refund.id,
                    kind=refund.kind,
                    amount=refund.amount_cents / 100,
                    reason=refund.reason,
                    requested_at=refund.requested_at,
                    paid_at=refund.paid_at,
                    by_provider=refund.waits_for_provider,
                )
                for refund in order.payment.refunds
            ],
            problem=order.problem,
            actions=allowed_actions(order),
            open_lines=[
                LinePartBody(product_id=product_id, quantity=quantity)
                for product_id, quantity in order.open_parts.items()
            ],
        )


class AdminOrdersBody(BaseModel):
    """A page of orders, newest first."""

    orders: list[AdminOrderBody]
    next_cursor: str | None


class DeskBody(BaseModel):
    """A body of what an admin records about an order."""

    def request(self, path: str, order_id: str, admin: Identity, key: str | None) -> DeskRequest:
        """Return the request, with a fingerprint of the path and this body."""
        text = f"{path}\n{self.model_dump_json()}"
        return DeskRequest(order_id, admin, key, hashlib.sha256(text.encode()).hexdigest())


class DeliveredRequest(DeskBody):
    """The arrival of an order. It has no fields yet."""


class NoteRequest(DeskBody):
    """A note. `resolve` also ends the problem of the order."""

    text: Annotated[Text, Field(min_length=1, max_length=2_000)]
    resolve: bool = False


class PaymentRecordRequest(DeskBody):
    """Money that was received."""

    amount: Amount
    method: Literal[ReceiptMethod.TRANSFER, ReceiptMethod.CASH]
    reference: Line = ""

    def received(self) -> ReceivedPayment:
        """Return what was received."""
        return ReceivedPayment(to_cents(self.amount), self.method, self.reference)


class RefundRequest(DeskBody):
    """Money to pay back as an allowance."""

    amount: Amount
    reason: RequiredLine


class PayoutRequest(DeskBody):
    """How a refund was paid out."""

    reference: Line = ""


class LinePartRequest(BaseModel):
    """A part of a line."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1, le=LINE_LIMIT), WholeNumber]

    def to_part(self) -> LinePart:
        """Return the part."""
        return LinePart(self.product_id, self.quantity)


Parts = Annotated[list[LinePartRequest], Field(min_length=1, max_length=50)]


class ShipmentRequest(DeskBody):
    """A parcel. Without lines, it contains everything that is open."""

    lines: Parts | None = None
    carrier: Line = ""
    tracking_number: Line = ""
    tracking_url: Annotated[HttpUrl, Field(max_length=500)] | None = None

    def parcel(self) -> Parcel:
        """Return what is shipped."""
        return Parcel(
            lines=tuple(line.to_part() for line in self.lines or ()),
            carrier=self.carrier,
            tracking_number=self.tracking_number,
            tracking_url=str(self.tracking_url or ""),
        )


class CollectionRequest(DeskBody):
    """A collection, and the money that the customer paid then."""

    payment: PaymentRecordRequest | None = None


class CloseLinesRequest(DeskBody):
    """Parts of lines that cannot be shipped."""

    lines: Parts
    reason: RequiredLine
