"""The bodies of orders."""

import unicodedata
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from orders.models.delivery import COLLECTION_ID, Contact, OrderDelivery
from orders.models.fulfilment import Fulfilment, FulfilmentState
from orders.models.order import Line as OrderLine
from orders.models.order import Order
from orders.models.payment import PaymentMethod, PaymentState, PaymentTerms
from orders.models.placement import (
    LINE_LIMIT,
    PLAIN,
    RequestedDetails,
    RequestedLine,
    RequestedOrder,
)
from orders.models.transfer import transfer_of
from orders.models.transitions import OrderAction, is_allowed
from shopkit.addresses import Address, AddressRefusedError
from shopkit.contract.events import Id, OrderStatus
from shopkit.identity import Identity
from shopkit.names import MAX_LENGTH
from shopkit.text import Line, Text
from shopkit.web.address_bodies import Phone, PostalAddressRequest
from shopkit.web.request_types import Price, WholeNumber, to_cents

MethodId = Annotated[
    str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$", description="The id of a delivery method.")
]


def _normalize_name(name: str) -> str:
    # The fingerprints of stored idempotency keys contain names in this form.
    normalized = unicodedata.normalize("NFC", name).lower()
    if len(normalized) > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    return normalized


class LineRequest(BaseModel):
    """A requested product, by id or by name, and the price that the shopper saw."""

    id: Id | None = None
    name: (
        Annotated[
            Text,
            StringConstraints(strip_whitespace=True),
            AfterValidator(_normalize_name),
            WithJsonSchema({"type": "string", "maxLength": MAX_LENGTH}),
        ]
        | None
    ) = None
    quantity: Annotated[int, Field(ge=1, le=LINE_LIMIT), WholeNumber]
    price: Price | None = None

    @model_validator(mode="after")
    def _require_id_or_name(self) -> Self:
        if self.id is None and not self.name:
            raise ValueError("must have an id or a name")
        return self

    def to_line(self) -> RequestedLine:
        """Return the line. The id takes precedence over the name."""
        return RequestedLine(
            quantity=self.quantity,
            product_id=self.id,
            name=self.name if self.id is None else None,
            price_cents=None if self.price is None else to_cents(self.price),
        )


class ContactRequest(BaseModel):
    """Whom to ask about the order. Its email address is that of the account."""

    name: Line = ""
    phone: Phone = ""


class DeliveryRequest(BaseModel):
    """How the order is delivered, and the fee that the shopper saw."""

    method: MethodId
    fee: Price | None = None
    address: PostalAddressRequest | None = None

    @model_validator(mode="after")
    def _require_an_address_unless_collected(self) -> Self:
        if (self.method == COLLECTION_ID) != (self.address is None):
            raise ValueError("must have an address, unless the order is collected")
        return self


class PaymentRequest(BaseModel):
    """How the order is paid."""

    method: PaymentMethod


class PlaceOrderRequest(BaseModel):
    """The body of `POST /api/orders`. By default, the order is collected and paid in the shop."""

    products: Annotated[list[LineRequest], Field(min_length=1, max_length=50)]
    contact: ContactRequest | None = None
    delivery: DeliveryRequest | None = None
    payment: PaymentRequest | None = None
    note: Annotated[Text, Field(max_length=1_000)] = ""

    @model_validator(mode="after")
    def _require_a_payment_that_fits(self) -> Self:
        method = self.payment.method if self.payment else PaymentMethod.ON_COLLECTION
        if method is PaymentMethod.ON_COLLECTION and self.delivery and self.delivery.address:
            raise ValueError("payment must have another method if the order is delivered")
        return self

    def to_order(self, shopper: Identity, key: str | None) -> RequestedOrder:
        """Return the requested order.

        Raises:
            AddressRefusedError: The address cannot exist in its country.
        """
        lines = tuple(line.to_line() for line in self.products)
        return RequestedOrder(shopper, lines, key, self._details())

    def _details(self) -> RequestedDetails:
        if not (self.contact or self.delivery or self.payment or self.note):
            return PLAIN
        delivery = self.delivery or DeliveryRequest(method=COLLECTION_ID)
        return RequestedDetails(
            method_id=delivery.method,
            fee_cents=None if delivery.fee is None else to_cents(delivery.fee),
            address=_normalized(delivery.address) if delivery.address else None,
            payment=self.payment.method if self.payment else PaymentMethod.ON_COLLECTION,
            contact=Contact(self.contact.name, self.contact.phone) if self.contact else Contact(),
            note=self.note.strip(),
        )


def _normalized(request: PostalAddressRequest) -> Address:
    try:
        return request.address().normalized()
    except AddressRefusedError as error:
        reasons = [(f"delivery.address.{field}", reason) for field, reason in error.reasons]
        raise AddressRefusedError(error.country, reasons) from error


class LineBody(BaseModel):
    """A line of an order. `reason` is set if the order was rejected because of it."""

    product_id: str
    name: str
    price: float
    quantity: int
    reason: str | None

    @classmethod
    def of(cls, line: OrderLine) -> Self:
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
