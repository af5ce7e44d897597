"""The counters of the statistics follow the orders, exactly once, also through failures."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId
from tests.integration.shop import Place, Shop, eventually

from orders.models.comparison import IdRange
from orders.models.order import Order
from orders.models.statistics import DayCount, ProductCount, day_of
from orders.repositories.order_counts import OrderCounts
from orders.repositories.statistics import StatisticsRepository
from orders.services.counting import CountingService, StatisticsComparison
from shopkit.clock import utc_now
from shopkit.loops import Loops, every, skip_temporary_errors
from shopkit.storage.mongo import is_temporary
from shopkit.testing.deliveries import an_id, decided
from shopkit.testing.proofs import identity_of

UTC = ZoneInfo("UTC")
OWNER = identity_of("aaa@aaa.com")


async def settle(shop: Shop, order: Order, status: str) -> None:
    delivery = decided(1, status)
    event = delivery.event.model_copy(update={"order_id": order.id})
    await shop.orders.orders.settle([type(delivery)(event, delivery.trace_context, delivery.time)])


async def differing_days(shop: Shop) -> list[str]:
    """Return the days whose counters differ from the orders."""
    comparison = StatisticsComparison(
        StatisticsRepository(shop.orders_db), OrderCounts(shop.orders_db)
    )
    different: list[str] = []
    ids = IdRange(None, "")
    while ids.until is not None:
        ids, differences = await comparison.compare(ids.until or None)
        different += differences
    return different


def counted(shop: Shop) -> Callable[[], Awaitable[bool]]:
    """Return a condition: the counters equal the orders."""
    statistics, orders = StatisticsRepository(shop.orders_db), OrderCounts(shop.orders_db)

    async def are_equal() -> bool:
        position = await statistics.position()
        return (
            position is not None
            and position.pending == await orders.count_pending()
            and not await differing_days(shop)
        )

    return are_equal


def counting_in(*replicas: CountingService) -> Loops:
    """Return the loops in which replicas count."""
    return Loops(
        {
            str(number): every(0.05, skip_temporary_errors(replica.count, is_temporary))
            for number, replica in enumerate(replicas)
        }
    )


@pytest.fixture
async def counting(shop: Shop) -> AsyncIterator[None]:
    """Two replicas that count, of which one has the lease."""
    replicas = [shop.another_orders().counting, shop.another_orders().counting]
    async with counting_in(*replicas):
        yield


@pytest.fixture
async def stocked(shop: Shop) -> Shop:
    await shop.know(await shop.add(1, 100_000), await shop.add(2, 100_000))
    return shop


class TestCount:
    async def test_follows_every_change_of_an_order(
        self, stocked: Shop, place: Place, counting: None
    ) -> None:
        # Given
        statistics = StatisticsRepository(stocked.orders_db)
        await eventually(counted(stocked))
        # When
        orders = [await place({1: 2, 2: 1}) for _ in range(4)]
        await settle(stocked, orders[0], "ACCEPTED")
        await settle(stocked, orders[1], "REJECTED")
        await settle(stocked, orders[2], "ACCEPTED")
        await stocked.orders.orders.cancel(orders[2].id, OWNER)
        # Then
        today = utc_now().date()

        async def is_counted() -> bool:
            position = await statistics.position()
            assert position
            day = await statistics.read_day(position.generation, today)
            return (position.pending, day.total) == (1, DayCount(4, 300)) and day.products == {
                an_id(1): ProductCount(2, 200),
                an_id(2): ProductCount(1, 100),
            }

        await eventually(is_counted)
        assert await differing_days(stocked) == []

    async def test_another_replica_continues_when_the_first_one_is_gone(
        self, stocked: Shop, place: Place
    ) -> None:
        # Given
        first, second = stocked.another_orders().counting, stocked.another_orders().counting
        async with counting_in(first):
            await place({1: 1})
            await eventually(counted(stocked))
        # When: the first one is gone, orders go on, and its lease ends.
        await place({1: 1})
        await stocked.orders_db["ticks"].delete_many({})
        before = await StatisticsRepository(stocked.orders_db).position()
        # Then
        async with counting_in(second):
            await eventually(counted(stocked))
        after = await StatisticsRepository(stocked.orders_db).position()
        assert before
        assert after
        assert after.generation == before.generation, "it did not count everything again"

    async def test_two_that_both_believe_to_have_the_lease_count_each_change_once(
        self, stocked: Shop, place: Place
    ) -> None:
        # Given
        await stocked.orders.counting.recount()

        async def steal_leases() -> None:
            await stocked.orders_db["ticks"].delete_many({})

        thief = Loops({"thief": every(0.02, steal_leases)})
        replicas = [stocked.another_orders().counting for _ in range(2)]
        # When / Then
        async with thief, counting_in(*replicas):
            for order in [await place({1: 1}) for _ in range(30)]:
                await settle(stocked, order, "ACCEPTED")
            await eventually(counted(stocked))

    async def test_counts_everything_again_if_the_log_is_lost(
        self, stocked: Shop, place: Place
    ) -> None:
        # Given: a position that the log does not contain.
        await place({1: 1})
        await stocked.orders.counting.recount()
        await place({1: 1})
        await stocked.orders_db["statistics"].update_one({}, {"$set": {"token": "8263"}})
        # When / Then
        async with counting_in(stocked.another_orders().counting):
            await eventually(counted(stocked))

    async def test_counts_everything_again_if_orders_are_deleted(
        self, stocked: Shop, place: Place, counting: None
    ) -> None:
        # Given
        order = await place({1: 1})
        await settle(stocked, order, "ACCEPTED")
        await place({1: 1})
        await eventually(counted(stocked))
        # When
        await stocked.orders_db["orders"].delete_one({"_id": ObjectId(order.id)})
        # Then
        await eventually(counted(stocked))

    async def test_counts_everything_again_if_the_time_zone_changes(
        self, stocked: Shop, place: Place
    ) -> None:
        # Given
        await place({1: 1})
        await stocked.orders.counting.recount()
        auckland = ZoneInfo("Pacific/Auckland")
        stocked.orders_settings = stocked.orders_settings.model_copy(
            update={"shop_time_zone": auckland}
        )
        services = stocked.another_orders()

        async def is_counted() -> bool:
            return (await services.statistics.get(2)).time_zone == "Pacific/Auckland"

        # When
        async with counting_in(services.counting):
            await eventually(is_counted)
        # Then
        report = await services.statistics.get(1)
        assert report.days[0].day == day_of(utc_now(), auckland)
        assert report.days[0].orders == 1


class TestRecount:
    async def test_counts_each_order_once_while_orders_are_placed(
        self, stocked: Shop, place: Place, counting: None
    ) -> None:
        # Given: orders that are placed and decided without a pause.
        closed = asyncio.Event()

        async def trade() -> None:
            while not closed.is_set():
                for order in await asyncio.gather(*(place({1: 1, 2: 1}) for _ in range(5))):
                    await settle(stocked, order, "ACCEPTED")

        trader = asyncio.create_task(trade())
        # When
        for _ in range(5):
            await stocked.orders.counting.recount()
            await asyncio.sleep(0.2)
        closed.set()
        await trader
        # Then
        await eventually(counted(stocked))
        total = await stocked.orders_db["orders"].count_documents({})
        assert sum(day.orders for day in (await stocked.orders.statistics.get(2)).days) == total

    async def test_puts_orders_on_the_days_of_the_shop(self, stocked: Shop, place: Place) -> None:
        # Given: an order of half past eleven in the evening in UTC.
        order = await place({1: 1})
        await settle(stocked, order, "ACCEPTED")
        late = utc_now().replace(hour=23, minute=30) - timedelta(days=3)
        await stocked.orders_db["orders"].update_one({}, {"$set": {"created_at": late}})
        counts = OrderCounts(stocked.orders_db)
        # When
        days = {
            name: [day async for day in counts.days(ZoneInfo(name), await counts.now())]
            for name in ("UTC", "Europe/Berlin")
        }
        # Then
        assert [day.day for day in days["UTC"]] == [late.date()]
        assert [day.day for day in days["Europe/Berlin"]] == [late.date() + timedelta(days=1)]
        assert days["UTC"][0].total == DayCount(1, 100, 0)
        assert days["UTC"][0].names == {an_id(1): "product 1"}


class TestCompare:
    async def test_finds_the_day_whose_counters_differ(self, stocked: Shop, place: Place) -> None:
        # Given
        await settle(stocked, await place({1: 1}), "ACCEPTED")
        await stocked.orders.counting.recount()
        assert await differing_days(stocked) == []
        position = await StatisticsRepository(stocked.orders_db).position()
        assert position
        # When: a counter is wrong, and another has no orders.
        await stocked.orders_db["statistics_products"].update_one({}, {"$inc": {"quantity": 1}})
        await stocked.orders_db["statistics_days"].insert_one(
            {
                "generation": position.generation,
                "day": date(2020, 2, 29).isoformat(),
                "orders": 1,
                "revenue_cents": 0,
            }
        )
        # Then
        assert await differing_days(stocked) == ["2020-02-29", utc_now().date().isoformat()]
