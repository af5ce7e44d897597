"""What goes over HTTP."""

import unicodedata
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from orders.models.order import Line, Order
from orders.models.placement import LINE_LIMIT, Wanted, WantedLine
from shopkit.contract.events import Id, OrderStatus
from shopkit.storage.audit import Moment
from shopkit.text import Text
from shopkit.web.request_types import Number, Price, to_cents


def _as_stored(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


class LineRequest(BaseModel):
    """A product that is wanted, by id or by name, and at which price it was seen."""

    id: Id | None = None
    name: (
        Annotated[
            Text,
            StringConstraints(strip_whitespace=True, max_length=120),
            AfterValidator(_as_stored),
        ]
        | None
    ) = None
    quantity: Annotated[Number, Field(ge=1, le=LINE_LIMIT)]
    price: Price | None = None

    @model_validator(mode="after")
    def _name_or_id(self) -> Self:
        if self.id is None and not self.name:
            raise ValueError("needs an id or a name")
        return self

    def to_line(self) -> WantedLine:
        """Return what the service is told; an id outweighs a name."""
        return WantedLine(
            quantity=self.quantity,
            product_id=self.id,
            name=self.name if self.id is None else None,
            price_cents=None if self.price is None else to_cents(self.price),
        )


class PlaceOrderRequest(BaseModel):
    """The body of `POST /api/orders`."""

    products: Annotated[list[LineRequest], Field(min_length=1, max_length=50)]

    def to_wanted(self, email: str, key: str | None) -> Wanted:
        """Return what the service is told."""
        return Wanted(email, tuple(line.to_line() for line in self.products), key)


class LineBody(BaseModel):
    """A line of an order; `reason` says why it could not be had."""

    product_id: str
    name: str
    price: float
    quantity: int
    reason: str | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """Return the body that shows a line."""
        return cls(
            product_id=line.product_id,
            name=line.name,
            price=line.price_cents / 100,
            quantity=line.quantity,
            reason=line.reason,
        )


class StepBody(BaseModel):
    """A status and when the order got it."""

    status: OrderStatus
    at: datetime


class OrderBody(BaseModel):
    """An order."""

    id: str
    email: str
    status: OrderStatus
    reason: str | None
    cost: float
    created_at: datetime
    cancel_confirmed: bool
    products: list[LineBody]
    history: list[StepBody]

    @classmethod
    def of(cls, order: Order) -> Self:
        """Return the body that shows an order."""
        return cls(
            id=order.id,
            email=order.email,
            status=order.status,
            reason=order.reason,
            cost=order.cost_cents / 100,
            created_at=order.created_at,
            cancel_confirmed=order.cancel_confirmed,
            products=[LineBody.of(line) for line in order.lines],
            history=[StepBody(status=step.status, at=step.at) for step in order.history],
        )


class OrdersBody(BaseModel):
    """A part of a list of orders."""

    orders: list[OrderBody]
    next_cursor: str | None


class ListOrders(BaseModel):
    """The query of `GET /api/admin/orders`."""

    status: OrderStatus | None = None
    email: Annotated[Text | None, Field(max_length=320)] = None
    since: Moment | None = None
    until: Annotated[Moment | None, Field(description="itself not included")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=1_000)] = None
