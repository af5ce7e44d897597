"""Orders followed as they change: from any replica, resumed without a gap."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest
from prometheus_client import REGISTRY
from tests.integration.shop import Place, Shop

from orders.errors import TooManyStreamsError
from orders.services.live import MAX_STREAMS, LiveService, LiveUpdate


async def replica(shop: Shop, until: AsyncExitStack) -> LiveService:
    """A replica that follows the log, ready to tell."""
    live: LiveService = shop.another_orders().live
    for loop in (live.read, live.dispatch):
        task = asyncio.create_task(loop())
        until.push_async_callback(_cancelled, task)
    async with asyncio.timeout(10):
        while not live.position:
            await asyncio.sleep(0.02)
    return live


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def take(updates: AsyncGenerator[LiveUpdate, None], count: int) -> list[LiveUpdate]:
    async with asyncio.timeout(20):
        return [await anext(updates) for _ in range(count)]


def seen(updates: list[LiveUpdate]) -> list[tuple[str, str]]:
    return [(order.id, order.status) for update in updates for order in update.orders]


@pytest.fixture
async def stocked(shop: Shop) -> Shop:
    await shop.know(await shop.add(1, 1_000))
    return shop


class TestFollow:
    async def test_starts_with_a_snapshot_of_pending_and_recent_orders(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        order = await place({1: 1})
        await place({1: 1}, email="bbb@bbb.com")
        live = await replica(stocked, running)
        # When
        (first,) = await take(live.follow("aaa@aaa.com", None), 1)
        # Then
        assert first.snapshot
        assert seen([first]) == [(order.id, "PENDING")]

    async def test_sends_each_change_of_the_shoppers_own_orders(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        live = await replica(stocked, running)
        updates = live.follow("aaa@aaa.com", None)
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
        assert placed.token < decided.token

    async def test_resumes_at_another_replica_without_a_gap(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        first, second = await replica(stocked, running), await replica(stocked, running)
        updates = first.follow("aaa@aaa.com", None)
        (snapshot,) = await take(updates, 1)
        delivered = await place({1: 1})
        (seen_last,) = await take(updates, 1)
        await updates.aclose()
        # When: two more orders are placed while no client listens.
        missed = [await place({1: 1}) for _ in range(2)]
        await _passed(second, seen_last.token)
        updates = second.follow("aaa@aaa.com", seen_last.token)
        # Then
        later = await take(updates, 2)
        assert not any(update.snapshot for update in later)
        assert seen(later) == [(order.id, "PENDING") for order in missed]
        assert snapshot.token <= seen_last.token
        assert delivered.id not in {order_id for order_id, _ in seen(later)}

    async def test_resumes_at_a_replica_that_has_just_started_without_a_gap(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        updates = (await replica(stocked, running)).follow("aaa@aaa.com", None)
        (snapshot,) = await take(updates, 1)
        order = await place({1: 1})
        await take(updates, 1)
        # When
        later = stocked.another_orders().live
        resumed = later.follow("aaa@aaa.com", snapshot.token)
        for loop in (later.read, later.dispatch):
            running.push_async_callback(_cancelled, asyncio.create_task(loop()))
        # Then
        (missed,) = await take(resumed, 1)
        assert seen([missed]) == [(order.id, "PENDING")]

    @pytest.mark.parametrize("token", ["", "nonsense", "82", "82" + "F" * 60, "F" * 2_001])
    async def test_starts_again_if_it_cannot_be_resumed(
        self, stocked: Shop, place: Place, running: AsyncExitStack, token: str
    ) -> None:
        # Given
        order = await place({1: 1})
        live = await replica(stocked, running)
        # When
        (first,) = await take(live.follow("aaa@aaa.com", token), 1)
        # Then
        assert first.snapshot
        assert seen([first]) == [(order.id, "PENDING")]

    async def test_ends_the_stream_of_a_slow_client_only(
        self, stocked: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        live = await replica(stocked, running)
        slow, quick = live.follow("aaa@aaa.com", None), live.follow("aaa@aaa.com", None)
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
            live.follow(f"{number}@shop.example", None)
        # When / Then
        with pytest.raises(TooManyStreamsError):
            live.follow("one.more@shop.example", None)


async def _passed(live: LiveService, token: str) -> None:
    async with asyncio.timeout(10):
        while live.position <= token:
            await asyncio.sleep(0.02)
