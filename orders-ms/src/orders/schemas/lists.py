"""The queries of lists of orders, and the totals of customers."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field

from orders.models.query import OrderQuery
from orders.models.totals import CustomerTotals
from orders.models.views import OrderView
from shopkit.contract.events import OrderStatus
from shopkit.web.request_types import Cursor, FilterText, Limit, Time


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
    view: Annotated[
        OrderView | None,
        Field(description="The orders that wait for an admin, in one of four lists."),
    ] = None
    number: Annotated[
        FilterText | None,
        Field(description="The order's number. I and L are read as 1, and O as 0."),
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
            view=self.view,
            number=self.number,
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
