"""The filters of a list of orders."""

from dataclasses import dataclass
from datetime import datetime

from shopkit.contract.events import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Conditions that an order must all meet. None means no condition. `until` is exclusive.

    Attributes:
        email: The customer's email address.
        email_beginning: The beginning of the customer's email address, or of its domain.
    """

    email: str | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    email_beginning: str | None = None
