import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from orders.errors import TooManyStreamsError
from orders.models.order import HistoryEntry, Line, Order
from orders.repositories.changes import Change, LogLostError, OrderChanges
from orders.repositories.orders import OrderRepository
from orders.services import live as module
from orders.services.live import LiveService, LiveUpdate
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

SHOPPER, OTHER = "aaa@aaa.com", "bbb@bbb.com"


class FakeFeed:
    """Stands in for the log. It waits at its end."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.changes = asyncio.Queue[Change | Exception]()
        for change in changes:
            self.changes.put_nowait(change)

    async def next(self) -> Change:
        change = await self.changes.get()
        if isinstance(change, Exception):
            raise change
        return change


class FakeChanges(OrderChanges):
    """Stands in for the log's collection."""

    def __init__(self) -> None:
        self.feed = FakeFeed([Change("10", None)])
        self.opened_after: list[str | None] = []
        self.missed: list[Change] | None = []

    @asynccontextmanager
    async def watch(self, after: str | None, email: str | None = None) -> AsyncIterator[FakeFeed]:  # type: ignore[override]
        self.opened_after.append(after)
        yield self.feed

    async def between(self, after: str, until: str, email: str, limit: int) -> list[Change]:
        if self.missed is None:
            raise LogLostError
        return self.missed


@pytest.fixture
def changes() -> FakeChanges:
    return FakeChanges()


@pytest.fixture
async def live(
    database: Database, changes: FakeChanges, clock: FakeClock
) -> AsyncIterator[LiveService]:
    """A service that reads the log and is up to date."""
    live = LiveService(orders=OrderRepository(database), changes=changes, clock=clock)
    loops = [asyncio.create_task(live.read()), asyncio.create_task(live.dispatch())]
    await until_position(live, "10")
    yield live
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def until_position(live: LiveService, token: str) -> None:
    async with asyncio.timeout(5):
        while live.position < token:
            await asyncio.sleep(0)


async def store(
    database: Database, number: int, email: str = SHOPPER, *, minutes_ago: int = 0
) -> Order:
    at = NOON - timedelta(minutes=minutes_ago)
    status = OrderStatus.ACCEPTED if minutes_ago else OrderStatus.PENDING
    order = Order(
        id=an_id(number),
        email=email,
        lines=(Line(an_id(1), "spoon", 100, 1),),
        history=(HistoryEntry(OrderStatus.PENDING, at), HistoryEntry(status, at)),
        trace_context=TRACE_CONTEXT,
    )
    await OrderRepository(database).insert([order], session=None)
    return order


async def take(updates: AsyncIterator[LiveUpdate], count: int = 1) -> list[LiveUpdate]:
    async with asyncio.timeout(5):
        return [await anext(updates) for _ in range(count)]


def ids(update: LiveUpdate) -> list[str]:
    return [order.id for order in update.orders]


def follow(live: LiveService, last_token: str | None = None) -> AsyncGenerator[LiveUpdate, None]:
    return live.follow(SHOPPER, last_token)


class TestFollow:
    async def test_starts_with_a_snapshot_of_pending_and_recent_orders(
        self, live: LiveService, database: Database
    ) -> None:
        # Given
        await store(database, 1)
        await store(database, 2, minutes_ago=10)
        await store(database, 3, minutes_ago=11)
        await store(database, 4, OTHER)
        # When
        (update,) = await take(follow(live))
        # Then
        assert (update.token, update.snapshot) == ("10", True)
        assert sorted(ids(update)) == [an_id(1), an_id(2)]

    async def test_sends_changes_of_the_shoppers_own_orders(
        self, live: LiveService, database: Database, changes: FakeChanges
    ) -> None:
        # Given
        updates = follow(live)
        await take(updates)
        await store(database, 1, OTHER)
        await store(database, 2)
        # When
        for change in (Change("11", an_id(1)), Change("12", an_id(2)), Change("13", None)):
            changes.feed.changes.put_nowait(change)
        # Then
        (update,) = await take(updates)
        assert (update.token, update.snapshot, ids(update)) == ("12", False, [an_id(2)])

    async def test_resumes_with_the_missed_changes_instead_of_a_snapshot(
        self, live: LiveService, database: Database, changes: FakeChanges
    ) -> None:
        # Given
        await store(database, 1)
        changes.missed = [Change("0B", an_id(1)), Change("0C", an_id(9))]
        # When
        updates = follow(live, "0A")
        (missed,) = await take(updates)
        changes.feed.changes.put_nowait(Change("11", an_id(1)))
        (current,) = await take(updates)
        # Then
        assert (missed.token, missed.snapshot, ids(missed)) == ("0B", False, [an_id(1)])
        assert (current.token, ids(current)) == ("11", [an_id(1)])

    @pytest.mark.parametrize("token", ["not a token", "", "0a"])
    async def test_starts_with_a_snapshot_if_the_token_is_invalid(
        self, live: LiveService, token: str
    ) -> None:
        (update,) = await take(follow(live, token))
        assert update.snapshot

    async def test_starts_with_a_snapshot_if_the_log_no_longer_has_the_token(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        changes.missed = None
        (update,) = await take(follow(live, "0A"))
        assert update.snapshot

    async def test_waits_until_this_replica_has_caught_up_with_the_token(
        self, live: LiveService, database: Database, changes: FakeChanges
    ) -> None:
        # Given
        await store(database, 1)
        first = asyncio.create_task(take(follow(live, "12")))
        await asyncio.sleep(0)
        # When
        for token in ("11", "12", "13"):
            changes.feed.changes.put_nowait(Change(token, an_id(1)))
        # Then
        (update,) = await first
        assert (update.token, update.snapshot) == ("13", False)

    async def test_ends_a_stream_whose_client_is_too_slow(
        self,
        live: LiveService,
        database: Database,
        changes: FakeChanges,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "MAX_QUEUED", 2)
        await store(database, 1)
        slow = follow(live)
        await take(slow)
        # When
        for token in ("11", "12", "13", "14"):
            changes.feed.changes.put_nowait(Change(token, an_id(1)))
        await until_position(live, "14")
        # Then
        async with asyncio.timeout(5):
            assert [update.token async for update in slow] == ["11", "12"]

    async def test_refuses_more_streams_than_the_limit_until_one_is_closed(
        self, live: LiveService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(module, "MAX_STREAMS", 1)
        updates = follow(live)
        await take(updates)
        with pytest.raises(TooManyStreamsError):
            follow(live)
        # When
        await updates.aclose()
        # Then
        await take(follow(live))


class TestRead:
    async def test_ends_all_streams_and_starts_at_the_end_of_the_log_if_it_is_lost(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        # Given
        updates = follow(live)
        await take(updates)
        # When
        changes.feed.changes.put_nowait(LogLostError())
        # Then
        async with asyncio.timeout(5):
            assert [update async for update in updates] == []
        # When
        changes.feed = FakeFeed([Change("20", None)])
        reading = asyncio.create_task(live.read())
        await until_position(live, "20")
        reading.cancel()
        # Then
        assert changes.opened_after == [None, None]

    async def test_continues_after_the_last_change_that_it_read(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        # Given
        changes.feed.changes.put_nowait(Change("11", None))
        await until_position(live, "11")
        # When
        changes.feed = FakeFeed([Change("12", None)])
        reading = asyncio.create_task(live.read())
        await until_position(live, "12")
        reading.cancel()
        # Then
        assert changes.opened_after == [None, "11"]
