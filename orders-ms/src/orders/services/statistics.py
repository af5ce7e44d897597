"""Statistics for the dashboard of the admins."""

from datetime import timedelta

from orders.models.statistics import Day, StatisticsReport
from orders.repositories.statistics import StatisticsRepository
from shopkit.clock import Clock

LOW_STOCK_BELOW = 5


class StatisticsService:
    """Computes statistics."""

    def __init__(self, statistics: StatisticsRepository, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock

    async def get(self, days: int) -> StatisticsReport:
        """Return the statistics of a number of days in UTC, up to and including today."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=days - 1)
        with_orders = {day.day: day for day in await self._statistics.days(since)}
        dates = [since + timedelta(days=number) for number in range(days)]
        return StatisticsReport(
            days=[with_orders.get(date, Day(date, 0, 0)) for date in dates],
            best_sellers=await self._statistics.best_sellers(since),
            low_stock=await self._statistics.low_stock(LOW_STOCK_BELOW),
            pending=await self._statistics.count_pending(),
        )
