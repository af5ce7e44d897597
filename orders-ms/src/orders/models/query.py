"""What a list of orders is asked for."""

from dataclasses import dataclass
from datetime import datetime

from shopkit.contract.events import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Filters that all have to hold; None where nothing is asked; `until` itself is not in."""

    email: str | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
