"""Statistics of the shop: counters by day of the shop and product, and what changes them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shopkit.contract.events import OrderStatus, ProductState


class StatusChange(NamedTuple):
    """A new order, or a change of an order's status.

    Attributes:
        order_id: The order.
        before: The status before, None if the order is new.
        after: The status now.
    """

    order_id: str
    before: OrderStatus | None
    after: OrderStatus


class SoldLine(NamedTuple):
    """A product in an order."""

    product_id: str
    name: str
    price_cents: int
    quantity: int


class CountedOrder(NamedTuple):
    """What the counters need of an order. None of it ever changes."""

    id: str
    created_at: datetime
    lines: tuple[SoldLine, ...]


class DayCount(NamedTuple):
    """The orders that were placed on a day. Revenue counts accepted orders only."""

    orders: int = 0
    revenue_cents: int = 0
    pending: int = 0


class ProductCount(NamedTuple):
    """How much of a product was sold, in accepted orders."""

    quantity: int
    revenue_cents: int


@dataclass(slots=True)
class Counts:
    """Counters, or changes of counters.

    Attributes:
        orders: The number of orders, by day.
        revenue_cents: The revenue, by day.
        pending: The number of pending orders, over all days.
        quantities: The quantity sold, by day and product.
        product_revenue_cents: The revenue, by day and product.
        names: A name of each product.
    """

    orders: Counter[date] = field(default_factory=Counter)
    revenue_cents: Counter[date] = field(default_factory=Counter)
    pending: int = 0
    quantities: Counter[tuple[date, str]] = field(default_factory=Counter)
    product_revenue_cents: Counter[tuple[date, str]] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)


def count_changes(
    changes: Iterable[StatusChange], orders: Mapping[str, CountedOrder], zone: ZoneInfo
) -> Counts:
    """Return how changes of orders change the counters.

    Args:
        changes: The changes.
        orders: The changed orders, by id. The changes of others are not counted.
        zone: The time zone of the shop.
    """
    counts = Counts()
    for change in changes:
        if order := orders.get(change.order_id):
            _count(change, order, day_of(order.created_at, zone), counts)
    return counts


def _count(change: StatusChange, order: CountedOrder, day: date, counts: Counts) -> None:
    counts.orders[day] += change.before is None
    pending = OrderStatus.PENDING
    counts.pending += (change.after is pending) - (change.before is pending)
    accepted = OrderStatus.ACCEPTED
    if not (sign := (change.after is accepted) - (change.before is accepted)):
        return
    for line in order.lines:
        cents = sign * line.price_cents * line.quantity
        counts.revenue_cents[day] += cents
        counts.quantities[day, line.product_id] += sign * line.quantity
        counts.product_revenue_cents[day, line.product_id] += cents
        counts.names[line.product_id] = line.name


def day_of(time: datetime, zone: ZoneInfo) -> date:
    """Return the shop's day of a time."""
    return time.astimezone(zone).date()


def bounds_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a day of the shop begins, and when the next one begins."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # In UTC, because differences between times of one zone ignore changes of its offset.
    return datetime.combine(day, time_of_day(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Day:
    """The orders of a day of the shop. Revenue counts accepted orders only."""

    day: date
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
        time_zone: The time zone of the days, by its IANA name.
        days: The days, oldest first, including days without orders.
        best_sellers: The products with the highest quantities sold.
        low_stock: The products with the least stock.
        pending: The number of pending orders.
    """

    time_zone: str
    days: list[Day]
    best_sellers: list[BestSeller]
    low_stock: list[ProductState]
    pending: int
