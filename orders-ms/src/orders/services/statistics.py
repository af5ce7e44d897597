"""Statistics for the dashboard of the admins."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from orders.models.statistics import Day, StatisticsReport, day_of
from orders.repositories.statistics import StatisticsRepository
from orders.services.best_sellers import BestSellers, Period
from shopkit.clock import Clock

LOW_STOCK_BELOW = 5


class StatisticsService:
    """Reads the statistics, which `CountingService` keeps up to date."""

    def __init__(self, statistics: StatisticsRepository, zone: ZoneInfo, clock: Clock) -> None:
        self._statistics = statistics
        self._best_sellers = BestSellers(statistics)
        self._zone = zone
        self._clock = clock

    async def get(self, days: int) -> StatisticsReport:
        """Return the statistics of a number of the shop's days, up to and including today."""
        low_stock = await self._statistics.low_stock(LOW_STOCK_BELOW)
        position = await self._statistics.position()
        zone = ZoneInfo(position.time_zone) if position else self._zone
        today = day_of(self._clock(), zone)
        since = today - timedelta(days=days - 1)
        dates = [since + timedelta(days=number) for number in range(days)]
        if position is None:
            return StatisticsReport(zone.key, [Day(d, 0, 0) for d in dates], [], low_stock, 0)
        period = Period(position.generation, since, today)
        counted = await self._statistics.days(position.generation, since, today)
        return StatisticsReport(
            time_zone=zone.key,
            days=[counted.get(day, Day(day, 0, 0)) for day in dates],
            best_sellers=await self._best_sellers.get(period),
            low_stock=low_stock,
            pending=position.pending,
        )
