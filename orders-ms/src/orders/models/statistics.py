"""Statistics of the shop."""

from dataclasses import dataclass
from datetime import datetime

from shopkit.contract.events import ProductState


@dataclass(frozen=True, slots=True)
class Day:
    """The orders of a day in UTC. Revenue counts accepted orders only."""

    day: datetime
    orders: int
    revenue_cents: int


@dataclass(frozen=True, slots=True)
class BestSeller:
    """A product with the quantity that was sold and its revenue."""

    product_id: str
    name: str
    quantity: int
    revenue_cents: int


@dataclass(frozen=True, slots=True)
class StatisticsReport:
    """Statistics of the last days.

    Attributes:
        days: The days, oldest first, including days without orders.
        best_sellers: The products with the highest quantities sold.
        low_stock: The products with the least stock.
        pending: The number of pending orders.
    """

    days: list[Day]
    best_sellers: list[BestSeller]
    low_stock: list[ProductState]
    pending: int
