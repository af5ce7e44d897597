"""Figures for the admin's first page."""

from dataclasses import dataclass
from datetime import timedelta

from orders.repositories.statistics import BestSeller, Day, StatisticsRepository
from shopkit.clock import Clock
from shopkit.contract.events import ProductState

LOW_STOCK_BELOW = 5


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is shown of the last days."""

    days: list[Day]
    best_sellers: list[BestSeller]
    low_stock: list[ProductState]
    pending: int


class StatisticsService:
    """Counts for admins."""

    def __init__(self, statistics: StatisticsRepository, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock

    async def statistics(self, days: int) -> Statistics:
        """Return the figures of so many days up to and with today (UTC), none left out."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=days - 1)
        found = {day.day: day for day in await self._statistics.days(since)}
        every = [since + timedelta(days=number) for number in range(days)]
        return Statistics(
            days=[found.get(day, Day(day, 0, 0)) for day in every],
            best_sellers=await self._statistics.best_sellers(since),
            low_stock=await self._statistics.low_stock(LOW_STOCK_BELOW),
            pending=await self._statistics.pending(),
        )
