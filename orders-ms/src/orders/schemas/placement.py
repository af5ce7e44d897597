"""The body of a request for an order."""

import unicodedata
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from orders.models.delivery import COLLECTION_ID, Contact
from orders.models.payment import PaymentMethod
from orders.models.placement import (
    LINE_LIMIT,
    PLAIN,
    RequestedDetails,
    RequestedLine,
    RequestedOrder,
)
from shopkit.addresses import Address, AddressRefusedError
from shopkit.contract.events import Id
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
