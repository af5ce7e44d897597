"""Orders followed as they change: from any replica, resumed without a gap."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tests.integration.shop import Place, Shop

from orders.errors import TooManyStreamsError
from orders.repositories.changes import OrderChanges
from orders.repositories.orders import OrderRepository
from orders.services.live import MAX_STREAMS, LiveService, LiveUpdate
from shopkit.clock import utc_now
from shopkit.testing.proofs import identity_of


async def replica(shop: Shop, until: AsyncExitStack) -> LiveService:
    """A replica that reads the log."""
    live: LiveService = shop.another_orders().live
    for loop in (live.read, live.dispatch):
        task = asyncio.create_task(loop())
        until.push_async_callback(_cancelled, task)
    return live


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def take(updates: AsyncGenerator[LiveUpdate, None], count: int) -> list[LiveUpdate]:
    async with asyncio.timeout(20):
        return [await anext(updates) for _ in range(count)]


async def _all(updates: AsyncGenerator[LiveUpdate, None]) -> list[LiveUpdate]:
    return [update async for update in updates]


def seen(updates: list[LiveUpdate]) -> list[tuple[str, str]]:
    return [(order.id, order.status) for update in updates for order in update.orders]


@pytest.fixture
async def stocked(shop: Shop) -> Shop:
    await shop.know(await shop.add(1, 1_000))
    return shop


class TestFollow:
    async def test_starts_with_a_snapshot_of_recent_orders(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        order = await place({1: 1})
        await place({1: 1}, email="bbb@bbb.com")
        live = await replica(stocked, running)
        # When
        (first,) = await take(live.follow(identity_of("aaa@aaa.com"), None), 1)
        # Then
        assert first.snapshot
        assert seen([first]) == [(order.id, "PENDING")]

    async def test_sends_each_change_of_the_shoppers_own_orders(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        live = await replica(stocked, running)
        updates = live.follow(identity_of("aaa@aaa.com"), None)
        await take(updates, 1)
        # When
        await place({1: 1}, email="bbb@bbb.com")
        order = await place({1: 1})
        (placed,) = await take(updates, 1)
        await stocked.run_products(running)
        await stocked.run_orders(running)
        (decided,) = await take(updates, 1)
        # Then
        assert seen([placed, decided]) == [(order.id, "PENDING"), (order.id, "ACCEPTED")]
        assert int(placed.id) < int(decided.id)

    async def test_resumes_at_another_replica_without_a_gap(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        first, second = await replica(stocked, running), await replica(stocked, running)
        updates = first.follow(identity_of("aaa@aaa.com"), None)
        await take(updates, 1)
        delivered = await place({1: 1})
        (last,) = await take(updates, 1)
        await updates.aclose()
        # When: two more orders are placed while no client listens.
        missed = [await place({1: 1}) for _ in range(2)]
        updates = second.follow(identity_of("aaa@aaa.com"), last.id)
        (resumed,) = await take(updates, 1)
        later = await place({1: 1})
        (update,) = await take(updates, 1)
        # Then
        expected = {(order.id, "PENDING") for order in (delivered, *missed)}
        assert set(seen([resumed])) == expected
        assert seen([update]) == [(later.id, "PENDING")]

    async def test_an_update_covers_orders_that_were_stored_long_after_they_changed(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given: a transaction that was retried for 20 s stored its order after a later one.
        live = await replica(stocked, running)
        slow = await place({1: 1})
        updated_at = utc_now() - timedelta(seconds=20)
        await stocked.orders_db["orders"].update_one({}, {"$set": {"updated_at": updated_at}})
        quick_id = str(int(utc_now().timestamp() * 1000))
        # When
        (resumed,) = await take(live.follow(identity_of("aaa@aaa.com"), quick_id), 1)
        # Then
        assert seen([resumed]) == [(slow.id, "PENDING")]

    async def test_misses_nothing_if_the_log_was_lost(
        self,
        stocked: Shop,
        place: Place,
        running: AsyncExitStack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        changes = OrderChanges(stocked.orders_db)
        orders = OrderRepository(stocked.orders_db)
        live = LiveService(orders=orders, changes=changes, clock=utc_now)
        live._read_token = "82" + "F" * 60  # A position that the log does not contain.
        lost = asyncio.create_task(_all(live.follow(identity_of("aaa@aaa.com"), None)))
        await asyncio.sleep(0)
        await asyncio.wait_for(live.read(), 20)
        assert await lost == []
        waiting = asyncio.create_task(take(live.follow(identity_of("aaa@aaa.com"), None), 2))
        await asyncio.sleep(0)
        # When: an order is placed before the log is read again, and one afterwards.
        before = await place({1: 1})
        for loop in (live.read, live.dispatch):
            running.push_async_callback(_cancelled, asyncio.create_task(loop()))
        while not live._reading.is_set():
            await asyncio.sleep(0)
        after = await place({1: 1})
        # Then
        assert {order_id for order_id, _ in seen(await waiting)} == {before.id, after.id}

    async def test_ends_the_stream_of_a_slow_client_only(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        live = await replica(stocked, running)
        slow, quick = (live.follow(identity_of("aaa@aaa.com"), None) for _ in range(2))
        await take(slow, 1)
        await take(quick, 1)
        streams_before = REGISTRY.get_sample_value("order_streams_open")
        assert streams_before
        # When
        for _ in range(3):
            await asyncio.gather(*(place({1: 1}) for _ in range(40)))
            await take(quick, 40)
        # Then
        received = [update async for update in slow]
        assert len(received) == 100
        assert REGISTRY.get_sample_value("order_streams_open") == streams_before - 1

    async def test_refuses_more_streams_than_the_limit(
        self, stocked: Shop, running: AsyncExitStack
    ) -> None:
        # Given
        live = await replica(stocked, running)
        for number in range(MAX_STREAMS):
            shopper = identity_of(f"{number}@shop.example")
            live.follow(replace(shopper, client_address=f"192.0.2.{number // 100}"), None)
        # When / Then
        with pytest.raises(TooManyStreamsError):
            live.follow(identity_of("one.more@shop.example"), None)
