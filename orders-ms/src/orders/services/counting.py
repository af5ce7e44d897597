"""Keeps the counters of the statistics up to date with the changes of the orders.

One replica at a time reads the changes from the database's log and adds them to the counters. The
transaction that adds a batch also moves the position in the log, so every change counts exactly
once. If the log is lost or the shop's time zone changes, all orders are counted again.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog

from orders.models.comparison import IdRange
from orders.models.statistics import DayCount, ProductCount, StatusChange, count_changes
from orders.repositories.changes import LogLostError
from orders.repositories.order_counts import OrderCounts, SnapshotLostError
from orders.repositories.statistics import CountPosition, StatisticsRepository
from orders.repositories.status_changes import StatusChanges
from orders.services.comparison import Comparison
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.unit_of_work import Transactions, UnitOfWork

JOB = "statistics"
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0
SAVE_SECONDS = 10.0
"""How often the position is stored while no order changes, so that the log is not lost."""

log = structlog.get_logger(__name__)


class CountingService:
    """Counts orders."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        statistics: StatisticsRepository,
        orders: OrderCounts,
        changes: StatusChanges,
        leases: JobLeases,
        zone: ZoneInfo,
    ) -> None:
        self._transactions = transactions
        self._statistics = statistics
        self._orders = orders
        self._changes = changes
        self._leases = leases
        self._zone = zone
        self._holder = secrets.token_hex(8)
        self._saved_at = 0.0

    async def count(self) -> None:
        """Count changes for as long as this process has the lease."""
        if not await self._acquire():
            return
        try:
            await self._follow(await self._valid_position())
        except LogLostError:
            log.warning("the log is lost; all orders are counted again")
            await self.recount()
        except SnapshotLostError as error:
            log.warning("orders could not be counted", reason=str(error))

    async def recount(self) -> CountPosition:
        """Count all orders as of now, and return from where to count changes.

        Raises:
            SnapshotLostError: The count took longer than the database keeps earlier states.
        """
        counted_at = await self._orders.now()
        generation = await self._statistics.begin_generation()
        pending = 0
        async for counted in self._orders.days(self._zone, counted_at):
            await self._statistics.insert(generation, counted)
            pending += counted.total.pending
        position = CountPosition(generation, self._zone.key, counted_at, None, pending)
        await self._statistics.publish(position)
        log.info("orders counted", time_zone=self._zone.key)
        return position

    async def _valid_position(self) -> CountPosition:
        position = await self._statistics.position()
        if position is None or position.time_zone != self._zone.key:
            return await self.recount()
        return position

    async def _follow(self, position: CountPosition) -> None:
        renewed_at = time.monotonic()
        async with self._changes.watch(position.token, position.counted_at) as feed:
            while True:
                changes = await feed.next_batch()
                position = await self._apply(position, changes, feed.token)
                if time.monotonic() - renewed_at > RENEW_SECONDS:
                    if not await self._acquire():
                        return
                    renewed_at = time.monotonic()

    async def _apply(
        self, position: CountPosition, changes: Sequence[StatusChange], token: str | None
    ) -> CountPosition:
        if token is None or (not changes and time.monotonic() - self._saved_at < SAVE_SECONDS):
            return position
        orders = await self._orders.find({change.order_id for change in changes})
        counts = count_changes(changes, orders, self._zone)

        async def work(unit: UnitOfWork) -> None:
            await self._statistics.add(counts, position, token, session=unit.session)

        await self._transactions.run(work)
        self._saved_at = time.monotonic()
        return CountPosition(
            position.generation,
            position.time_zone,
            position.counted_at,
            token,
            position.pending + counts.pending,
        )

    async def _acquire(self) -> bool:
        return await self._leases.acquire(JOB, LEASE, self._holder)


class DayDifference(NamedTuple):
    """What is counted of a day, and what should be."""

    counted: tuple[DayCount, Mapping[str, ProductCount]]
    correct: tuple[DayCount, Mapping[str, ProductCount]]


class StatisticsComparison(Comparison[DayDifference]):
    """Compares the counters with the orders, one day at a time."""

    def __init__(self, statistics: StatisticsRepository, orders: OrderCounts) -> None:
        self._statistics = statistics
        self._orders = orders

    async def compare(self, after: str | None) -> tuple[IdRange, Mapping[str, DayDifference]]:
        """Compare the next day."""
        position = await self._statistics.position()
        if position is None:
            return IdRange(after, None), {}
        day = date.fromisoformat(after) if after else None
        next_days = [
            await self._orders.next_day(day, ZoneInfo(position.time_zone)),
            await self._statistics.next_day(position.generation, day),
        ]
        until = min((next_day.isoformat() for next_day in next_days if next_day), default=None)
        ids = IdRange(after, until)
        return ids, await self.compare_again(ids)

    async def compare_again(self, ids: IdRange) -> Mapping[str, DayDifference]:
        """Compare the last day of a range."""
        position = await self._statistics.position()
        if position is None or ids.until is None:
            return {}
        day = date.fromisoformat(ids.until)
        counted = await self._statistics.read_day(position.generation, day)
        correct = await self._orders.count(day, ZoneInfo(position.time_zone))
        difference = DayDifference(
            (counted.total, counted.products),
            (correct.total._replace(pending=0), correct.products),
        )
        return {} if difference.counted == difference.correct else {ids.until: difference}
