"""Statistics for the dashboard of the admins."""

from dataclasses import dataclass
from datetime import timedelta

from orders.repositories.statistics import BestSeller, Day, StatisticsRepository
from shopkit.clock import Clock
from shopkit.contract.events import ProductState

LOW_STOCK_BELOW = 5


@dataclass(frozen=True, slots=True)
class Statistics:
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


class StatisticsService:
    """Computes statistics."""

    def __init__(self, statistics: StatisticsRepository, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock

    async def get(self, days: int) -> Statistics:
        """Return the statistics of a number of days in UTC, up to and including today."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=days - 1)
        with_orders = {day.day: day for day in await self._statistics.days(since)}
        dates = [since + timedelta(days=number) for number in range(days)]
        return Statistics(
            days=[with_orders.get(date, Day(date, 0, 0)) for date in dates],
            best_sellers=await self._statistics.best_sellers(since),
            low_stock=await self._statistics.low_stock(LOW_STOCK_BELOW),
            pending=await self._statistics.count_pending(),
        )
