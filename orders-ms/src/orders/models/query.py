"""The filters of a list of orders."""

from dataclasses import dataclass
from datetime import datetime

from orders.models.views import OrderView
from shopkit.contract.events import OrderStatus
from shopkit.identity import Identity


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Conditions that an order must all meet. None means no condition. `until` is exclusive.

    Attributes:
        owner: The shopper who placed the order.
        email: The complete email address, or the account id, of the shopper.
        email_beginning: The beginning of the shopper's email address, or of its domain, or the
            account id.
        view: The list of orders that wait for an admin.
        number: The order's number, in any way that a person may type it.
    """

    owner: Identity | None = None
    email: str | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    email_beginning: str | None = None
    view: OrderView | None = None
    number: str | None = None
