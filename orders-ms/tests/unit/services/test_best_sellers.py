import asyncio
from datetime import date
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from orders.models.statistics import BestSeller
from orders.services.best_sellers import BestSellers, Period

MAY = Period(ObjectId(), date(2026, 5, 1), date(2026, 5, 31))
JUNE = Period(ObjectId(), date(2026, 6, 1), date(2026, 6, 30))


class Counters:
    """Stands in for the counters. Each read takes two seconds of the clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.reads: list[Period] = []
        self.error: Exception | None = None

    def __call__(self) -> float:
        return self.now

    async def best_sellers(self, *period: Any) -> list[BestSeller]:
        self.reads.append(Period(*period))
        await asyncio.sleep(0)
        self.now += 2
        if self.error:
            raise self.error
        return [BestSeller("id", "mug", len(self.reads), 100)]


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def best_sellers(counters: Counters) -> BestSellers:
    statistics: Any = counters
    return BestSellers(statistics, counters)


async def test_callers_at_the_same_time_share_a_read(
    best_sellers: BestSellers, counters: Counters
) -> None:
    results = await asyncio.gather(*(best_sellers.get(MAY) for _ in range(10)))
    assert results == [[BestSeller("id", "mug", 1, 100)]] * 10
    assert counters.reads == [MAY]


async def test_a_result_is_kept_twenty_times_as_long_as_its_read(
    best_sellers: BestSellers, counters: Counters
) -> None:
    # Given
    first = await best_sellers.get(MAY)
    # When / Then
    counters.now += 39.9
    assert await best_sellers.get(MAY) is first
    counters.now += 0.1
    assert await best_sellers.get(MAY) == [BestSeller("id", "mug", 2, 100)]
    assert counters.reads == [MAY, MAY]


async def test_each_period_has_its_own_result(
    best_sellers: BestSellers, counters: Counters
) -> None:
    await best_sellers.get(MAY)
    await best_sellers.get(JUNE)
    assert counters.reads == [MAY, JUNE]


async def test_a_failed_read_is_not_kept(best_sellers: BestSellers, counters: Counters) -> None:
    # Given
    counters.error = AutoReconnect()
    with pytest.raises(AutoReconnect):
        await best_sellers.get(MAY)
    counters.error = None
    # When / Then
    assert await best_sellers.get(MAY) == [BestSeller("id", "mug", 2, 100)]


async def test_a_caller_that_leaves_does_not_stop_the_read(
    best_sellers: BestSellers, counters: Counters
) -> None:
    # Given
    leaving = asyncio.create_task(best_sellers.get(MAY))
    staying = asyncio.create_task(best_sellers.get(MAY))
    await asyncio.sleep(0)
    # When
    leaving.cancel()
    # Then
    assert await staying == [BestSeller("id", "mug", 1, 100)]
    assert counters.reads == [MAY]
