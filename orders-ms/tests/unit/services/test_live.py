import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from orders.errors import TooManyStreamsError
from orders.models.order import HistoryEntry, Line, Order
from orders.repositories.changes import Change, LogLostError, OrderChanges
from orders.repositories.orders import OrderRepository
from orders.services import live as module
from orders.services.live import LiveService, LiveUpdate
from shopkit.contract.events import OrderStatus
from shopkit.identity import Identity
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.testing.proofs import identity_of

SHOPPER, OTHER = "aaa@aaa.com", "bbb@bbb.com"


class FakeFeed:
    """Stands in for the log. It waits at its end."""

    def __init__(self, position: str) -> None:
        self.position = position
        self.changes = asyncio.Queue[Change | Exception]()

    async def next(self) -> Change:
        change = await self.changes.get()
        if isinstance(change, Exception):
            raise change
        return change


class FakeChanges(OrderChanges):
    """Stands in for the log's collection."""

    def __init__(self) -> None:
        self.feed = FakeFeed("10")
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
    """A service that reads the log."""
    live = LiveService(orders=OrderRepository(database), changes=changes, clock=clock)
    async with running(live):
        yield live


@asynccontextmanager
async def running(live: LiveService) -> AsyncIterator[None]:
    loops = [asyncio.create_task(live.read()), asyncio.create_task(live.dispatch())]
    yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def store(
    database: Database,
    number: int,
    email: str = SHOPPER,
    *,
    minutes_ago: int = 0,
    account_id: str | None = None,
) -> Order:
    at = NOON - timedelta(minutes=minutes_ago)
    status = OrderStatus.ACCEPTED if minutes_ago else OrderStatus.PENDING
    order = Order(
        id=an_id(number),
        email=email,
        account_id=account_id,
        lines=(Line(an_id(1), "spoon", 100, 1),),
        history=(HistoryEntry(OrderStatus.PENDING, at), HistoryEntry(status, at)),
        trace_context=TRACE_CONTEXT,
    )
    await OrderRepository(database).insert([order], session=None)
    return order


async def until_idle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def take(updates: AsyncIterator[LiveUpdate], count: int = 1) -> list[LiveUpdate]:
    async with asyncio.timeout(5):
        return [await anext(updates) for _ in range(count)]


def ids(update: LiveUpdate) -> list[str]:
    return [order.id for order in update.orders]


def follow(live: LiveService, last_id: str | None = None) -> AsyncGenerator[LiveUpdate, None]:
    return live.follow(identity_of(SHOPPER), last_id)


def milliseconds(time: datetime) -> str:
    return str(int(time.timestamp() * 1000))


class TestFollow:
    async def test_starts_with_a_snapshot_of_recently_changed_orders(
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
        assert (update.id, update.snapshot) == (milliseconds(NOON), True)
        assert ids(update) == [an_id(1), an_id(2)]

    async def test_resumes_with_the_orders_that_changed_since_the_last_update(
        self, live: LiveService, database: Database
    ) -> None:
        # Given
        await store(database, 1, minutes_ago=118)
        await store(database, 2, minutes_ago=120)
        await store(database, 3, minutes_ago=121)
        # When
        last_id = milliseconds(NOON - timedelta(hours=2) + timedelta(seconds=30))
        (update,) = await take(follow(live, last_id))
        # Then: an order's change can be stored 30 s later than it happened.
        assert (update.snapshot, ids(update)) == (True, [an_id(1), an_id(2)])

    @pytest.mark.parametrize(
        "last_id", ["", "not an id", "-1", "1.5", "٣", "82" + "F" * 60, "9" * 14, "9" * 13]
    )
    async def test_starts_with_recent_orders_if_the_last_id_is_unusable(
        self, live: LiveService, database: Database, last_id: str
    ) -> None:
        await store(database, 1)
        await store(database, 2, minutes_ago=11)
        (update,) = await take(follow(live, last_id))
        assert (update.snapshot, ids(update)) == (True, [an_id(1)])

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
        assert (update.id, update.snapshot, ids(update)) == (
            milliseconds(NOON),
            False,
            [an_id(2)],
        )

    async def test_sends_only_changes_that_the_snapshot_does_not_contain(
        self, live: LiveService, database: Database, changes: FakeChanges
    ) -> None:
        # Given
        order = await store(database, 1)
        updates = follow(live)
        (snapshot,) = await take(updates)
        # When: the log reports what the snapshot contains, then a cancellation, confirmed later.
        changes.feed.changes.put_nowait(Change("11", order.id))
        await until_idle()
        cancelled = order.cancelled(NOON + timedelta(minutes=1))
        confirmed = replace(cancelled, cancel_confirmed=True)
        repository = OrderRepository(database)
        for before, after in ((order, cancelled), (cancelled, confirmed)):
            await repository.update([(before, after)], session=None)
            changes.feed.changes.put_nowait(Change("12", order.id))
            await until_idle()
        # Then
        first, second = await take(updates, 2)
        assert ids(snapshot) == [order.id]
        assert [first.orders, second.orders] == [[cancelled], [confirmed]]

    async def test_ends_a_stream_whose_client_is_too_slow(
        self,
        live: LiveService,
        database: Database,
        changes: FakeChanges,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "MAX_QUEUED", 2)
        slow = follow(live)
        await take(slow)
        # When
        for number in range(1, 5):
            await store(database, number)
            changes.feed.changes.put_nowait(Change(f"1{number}", an_id(number)))
        await until_idle()
        # Then
        async with asyncio.timeout(5):
            assert [ids(update) async for update in slow] == [[an_id(1)], [an_id(2)]]

    @pytest.mark.parametrize(
        ("limit", "refused", "accepted"),
        [
            ("MAX_STREAMS", Identity("b" * 24, client_address="2.2.2.2"), None),
            (
                "MAX_STREAMS_OF_SHOPPER",
                Identity("a" * 24, client_address="2.2.2.2"),
                Identity("b" * 24, client_address="1.1.1.1"),
            ),
            (
                "MAX_STREAMS_OF_ADDRESS",
                Identity("b" * 24, client_address="1.1.1.1"),
                Identity("a" * 24, client_address="2.2.2.2"),
            ),
        ],
    )
    async def test_refuses_more_streams_than_the_limit_until_one_is_closed(
        self,
        live: LiveService,
        monkeypatch: pytest.MonkeyPatch,
        limit: str,
        refused: Identity,
        accepted: Identity | None,
    ) -> None:
        # Given
        monkeypatch.setattr(module, limit, 2)
        first = Identity("a" * 24, client_address="1.1.1.1")
        streams = [live.follow(first, None) for _ in range(2)]
        await take(streams[0])
        await take(streams[1])
        # Then
        with pytest.raises(TooManyStreamsError):
            live.follow(refused, None)
        if accepted:
            await take(live.follow(accepted, None))
        # When
        await streams[0].aclose()
        # Then
        await take(live.follow(refused, None))

    async def test_ends_if_the_log_cannot_be_read(
        self, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "START_SECONDS", 0.01)
        live = LiveService(orders=OrderRepository(database), changes=FakeChanges(), clock=clock)
        assert [update async for update in follow(live)] == []


class TestRead:
    async def test_ends_all_streams_if_the_log_is_lost_and_lets_new_ones_wait_for_it(
        self, live: LiveService, changes: FakeChanges, database: Database
    ) -> None:
        # Given
        updates = follow(live)
        await take(updates)
        # When
        changes.feed.changes.put_nowait(LogLostError())
        # Then
        async with asyncio.timeout(5):
            assert [update async for update in updates] == []
        # When: an order changes before the log is read again.
        waiting = asyncio.create_task(take(follow(live)))
        await until_idle()
        assert not waiting.done()
        await store(database, 1)
        changes.feed = FakeFeed("20")
        async with running(live):
            (update,) = await waiting
        # Then
        assert ids(update) == [an_id(1)]
        assert changes.opened_after == [None, None]

    async def test_continues_after_the_last_change_that_it_read(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        # Given
        updates = follow(live)
        await take(updates)
        changes.feed.changes.put_nowait(Change("11", an_id(1)))
        changes.feed.changes.put_nowait(AutoReconnect())
        await until_idle()
        # When
        changes.feed = FakeFeed("11")
        async with running(live):
            await until_idle()
        # Then
        assert changes.opened_after == [None, "11"]

    async def test_continues_where_the_log_was_opened_if_nothing_was_read(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        updates = follow(live)
        await take(updates)
        changes.feed.changes.put_nowait(AutoReconnect())
        await until_idle()
        async with running(live):
            await until_idle()
        assert changes.opened_after == [None, "10"]

    async def test_reads_the_log_only_while_there_are_streams(
        self, live: LiveService, changes: FakeChanges, database: Database
    ) -> None:
        # Given
        await until_idle()
        assert changes.opened_after == []
        updates = follow(live)
        await take(updates)
        assert changes.opened_after == [None]
        # When: the only stream ends, and an order changes while nobody reads the log.
        await updates.aclose()
        changes.feed.changes.put_nowait(Change("11", None))
        await until_idle()
        await store(database, 1)
        assert changes.feed.changes.empty()
        # Then: the next stream starts with the order, and reads the log from now on.
        (update,) = await take(follow(live))
        assert ids(update) == [an_id(1)]
        assert changes.opened_after == [None, None]

    async def test_misses_nothing_if_a_stream_starts_while_the_last_one_ends(
        self, live: LiveService, changes: FakeChanges
    ) -> None:
        # Given
        updates = follow(live)
        await take(updates)
        # When
        await updates.aclose()
        later = follow(live)
        changes.feed.changes.put_nowait(Change("11", None))
        await until_idle()
        # Then
        (update,) = await take(later)
        assert ids(update) == []
        assert changes.opened_after == [None]


class TestDispatch:
    async def test_sends_changes_whose_orders_could_not_be_read_at_first(
        self,
        database: Database,
        changes: FakeChanges,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        orders = OrderRepository(database)
        live = LiveService(orders=orders, changes=changes, clock=clock)
        find = orders.find_by_ids

        async def fail_once(*arguments: Any) -> Any:
            monkeypatch.setattr(orders, "find_by_ids", find)
            raise AutoReconnect

        async with running(live):
            updates = follow(live)
            await take(updates)
            await store(database, 1)
            monkeypatch.setattr(orders, "find_by_ids", fail_once)
            # When
            changes.feed.changes.put_nowait(Change("11", an_id(1)))
            await until_idle()
        async with running(live):
            (update,) = await take(updates)
        # Then
        assert ids(update) == [an_id(1)]
