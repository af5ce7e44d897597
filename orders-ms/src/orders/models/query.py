"""The filters of a list of orders."""

from dataclasses import dataclass
from datetime import datetime

from shopkit.contract.events import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Conditions that an order must all meet. None means no condition. `until` is exclusive."""

    email: str | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
