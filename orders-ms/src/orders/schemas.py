"""The bodies and queries of requests and responses."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from orders.models.order import Line, Order
from orders.models.placement import LINE_LIMIT, RequestedLine, RequestedOrder
from orders.models.query import OrderQuery
from orders.models.statistics import StatisticsReport
from orders.models.totals import CustomerTotals
from shopkit.contract.events import Id, OrderStatus
from shopkit.identity import Identity
from shopkit.names import MAX_LENGTH
from shopkit.text import Text
from shopkit.web.request_types import Cursor, FilterText, Limit, Price, Time, WholeNumber, to_cents


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


class PlaceOrderRequest(BaseModel):
    """The body of `POST /api/orders`."""

    products: Annotated[list[LineRequest], Field(min_length=1, max_length=50)]

    def to_order(self, shopper: Identity, key: str | None) -> RequestedOrder:
        """Return the requested order."""
        return RequestedOrder(shopper, tuple(line.to_line() for line in self.products), key)


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


class OrderBody(BaseModel):
    """An order."""

    id: str
    email: str
    account_id: str | None
    status: OrderStatus
    reason: str | None
    cost: float
    created_at: datetime
    cancel_confirmed: bool
    products: list[LineBody]
    history: list[StepBody]

    @classmethod
    def of(cls, order: Order) -> Self:
        """Return the body for an order."""
        return cls(
            id=order.id,
            email=order.email,
            account_id=order.account_id,
            status=order.status,
            reason=order.reason,
            cost=order.cost_cents / 100,
            created_at=order.created_at,
            cancel_confirmed=order.cancel_confirmed,
            products=[LineBody.of(line) for line in order.lines],
            history=[StepBody(status=entry.status, at=entry.at) for entry in order.history],
        )


class OrdersBody(BaseModel):
    """A page of orders, newest first."""

    orders: list[OrderBody]
    next_cursor: str | None


class SnapshotBody(BaseModel):
    """The start of a stream: the orders that changed since the last event or in ten minutes."""

    orders: list[OrderBody]


class OrderListQuery(BaseModel):
    """The query of `GET /api/admin/orders`."""

    status: OrderStatus | None = None
    email: Annotated[
        FilterText | None,
        Field(
            description="The beginning of the customer's email address, or of its domain, or the "
            "account id."
        ),
    ] = None
    customer: Annotated[
        FilterText | None,
        Field(description="The customer's complete email address, or the account id."),
    ] = None
    since: Time | None = None
    until: Annotated[Time | None, Field(description="The end of the period, exclusive.")] = None
    limit: Limit = 20
    cursor: Cursor | None = None

    def to_query(self) -> OrderQuery:
        """Return the filters."""
        return OrderQuery(
            email=self.customer,
            email_beginning=self.email,
            status=self.status,
            since=self.since,
            until=self.until,
        )


def _require_text(text: str | None) -> str:
    if text is None:
        raise ValueError("must not be blank")
    return text


class TotalsQuery(BaseModel):
    """The query of `GET /api/admin/orders/totals`."""

    customer: Annotated[
        FilterText,
        AfterValidator(_require_text),
        Field(description="The customer's complete email address, or the account id."),
    ]


class TotalsBody(BaseModel):
    """The number and the value of a customer's orders.

    `orders` stops at 1,000, and `capped` is then true: only the newest orders are added up.
    """

    orders: int
    pending: int
    accepted: int
    rejected: int
    cancelled: int
    spent: Annotated[float, Field(description="The value of the accepted orders.")]
    capped: bool

    @classmethod
    def of(cls, totals: CustomerTotals) -> Self:
        """Return the body for totals."""
        return cls(
            orders=sum(totals.orders.values()),
            pending=totals.orders.get(OrderStatus.PENDING, 0),
            accepted=totals.orders.get(OrderStatus.ACCEPTED, 0),
            rejected=totals.orders.get(OrderStatus.REJECTED, 0),
            cancelled=totals.orders.get(OrderStatus.CANCELLED, 0),
            spent=totals.spent_cents / 100,
            capped=totals.capped,
        )


class DayBody(BaseModel):
    """The orders of a day of the shop, and the revenue of those that were accepted."""

    day: date
    orders: int
    revenue: float


class BestSellerBody(BaseModel):
    """A product with the quantity that was sold and its revenue."""

    product_id: str
    name: str
    quantity: int
    revenue: float


class LowStockBody(BaseModel):
    """A product with low stock."""

    id: str
    name: str
    quantity: int


class StatisticsBody(BaseModel):
    """Statistics of the last days, oldest first.

    The days are those of the shop's time zone.
    """

    time_zone: Annotated[str, Field(examples=["Europe/Berlin"])]
    days: list[DayBody]
    best_sellers: list[BestSellerBody]
    low_stock: list[LowStockBody]
    pending: int

    @classmethod
    def of(cls, report: StatisticsReport) -> Self:
        """Return the body for a report."""
        return cls(
            time_zone=report.time_zone,
            days=[
                DayBody(day=day.day, orders=day.orders, revenue=day.revenue_cents / 100)
                for day in report.days
            ],
            best_sellers=[
                BestSellerBody(
                    product_id=product.product_id,
                    name=product.name,
                    quantity=product.quantity,
                    revenue=product.revenue_cents / 100,
                )
                for product in report.best_sellers
            ],
            low_stock=[
                LowStockBody(id=product.id, name=product.name, quantity=product.quantity)
                for product in report.low_stock
            ],
            pending=report.pending,
        )
