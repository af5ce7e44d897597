"""Finds the best sellers of a period, without reading the counters for each request.

The counters of a period grow with the products that were sold. So a result is kept for twenty times
as long as reading it took: in a small shop for a moment, in a large one for a minute or two. Then
reading takes at most a twentieth of the time, however often admins look.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from datetime import date
from typing import NamedTuple

import pymongo
from bson import ObjectId

from orders.models.statistics import BestSeller
from orders.repositories.statistics import StatisticsRepository
from shopkit.storage.unit_of_work import HTTP_SECONDS

KEPT = 20
"""How many times as long as reading a result took it is kept."""


class Period(NamedTuple):
    """Some days of a generation of the counters, from the first to the last."""

    generation: ObjectId
    since: date
    until: date


class _Result(NamedTuple):
    best_sellers: list[BestSeller]
    valid_until: float


class BestSellers:
    """Reads the best sellers, and keeps them for a while.

    Args:
        statistics: The counters.
        monotonic: Returns seconds.
    """

    def __init__(
        self, statistics: StatisticsRepository, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._statistics = statistics
        self._monotonic = monotonic
        self._results: dict[Period, _Result] = {}
        self._reading: dict[Period, asyncio.Task[list[BestSeller]]] = {}

    async def get(self, period: Period) -> list[BestSeller]:
        """Return the best sellers of a period. Callers at the same time share the read."""
        result = self._results.get(period)
        if result and self._monotonic() < result.valid_until:
            return result.best_sellers
        if period not in self._reading:
            # In an empty context, because the read belongs to several requests.
            read = self._read(period)
            self._reading[period] = asyncio.create_task(read, context=Context())
        return await asyncio.shield(self._reading[period])

    async def _read(self, period: Period) -> list[BestSeller]:
        began = self._monotonic()
        try:
            with pymongo.timeout(HTTP_SECONDS):
                best_sellers = await self._statistics.best_sellers(*period)
        finally:
            del self._reading[period]
        now = self._monotonic()
        self._results = {
            other: result for other, result in self._results.items() if now < result.valid_until
        }
        self._results[period] = _Result(best_sellers, now + KEPT * (now - began))
        return best_sellers
