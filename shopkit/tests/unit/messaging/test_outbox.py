from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from shopkit.contract.events import OrderCancel
from shopkit.messaging import outbox as module
from shopkit.messaging.envelope import wrap
from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Publication
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

IN_TEN_SECONDS = NOON + timedelta(seconds=10)
TOMORROW = NOON + timedelta(days=1)


def row(number: int, *, keep_until_settled: bool = False) -> Publication:
    event = OrderCancel(order_id=an_id(number))
    return Publication(
        wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT), keep_until_settled
    )


def id_of(number: int) -> str:
    return f"OrderCancel/{an_id(number)}"


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> Outbox:
    return Outbox(database, clock)


class Stored:
    """The rows as they are stored."""

    def __init__(self, database: Database) -> None:
        self._rows = database["outbox"]

    async def __call__(self, number: int) -> dict[str, Any]:
        row = await self._rows.find_one({"_id": id_of(number)})
        assert row
        # mongomock returns the driver's type for binary data, and MongoDB returns bytes.
        return {**row, "value": bytes(row["value"])}

    async def count(self) -> int:
        return await self._rows.count_documents({})


@pytest.fixture
def stored(database: Database) -> Stored:
    return Stored(database)


class TestAdd:
    async def test_stores_a_row_whole_and_leased_to_its_writer(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        # When
        await outbox.add([row(1, keep_until_settled=True)], session=None)
        # Then
        assert await stored(1) == {
            "_id": id_of(1),
            "type": "OrderCancel",
            "topic": "shop.orders",
            "key": an_id(1),
            "value": row(1).message.value,
            "source": "orders-ms",
            "time": NOON,
            "request_id": TRACE_CONTEXT.request_id,
            "traceparent": TRACE_CONTEXT.traceparent,
            "kept": True,
            "attempts": 0,
            "unsent": True,
            "leased_until": IN_TEN_SECONDS,
        }

    async def test_stores_nothing_where_there_is_nothing(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        await outbox.add([], session=None)
        assert await stored.count() == 0


class TestTakeUnsent:
    async def test_leaves_rows_to_the_process_that_they_are_leased_to(
        self, outbox: Outbox, clock: FakeClock
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        # When / Then
        clock.advance(seconds=10)
        assert await outbox.lease_unsent(10) == []
        clock.advance(milliseconds=1)
        assert await outbox.lease_unsent(10) == [row(1)]

    async def test_leases_what_it_takes(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        clock.advance(seconds=11)
        # When
        await outbox.lease_unsent(10)
        # Then
        assert (await stored(1))["leased_until"] == NOON + timedelta(seconds=21)
        assert await outbox.lease_unsent(10) == []

    async def test_takes_the_oldest_lease_first_and_no_more_than_asked_for(
        self, outbox: Outbox, clock: FakeClock
    ) -> None:
        # Given
        for number in (2, 1, 3):
            await outbox.add([row(number, keep_until_settled=number == 2)], session=None)
            clock.advance(seconds=1)
        clock.advance(minutes=1)
        # When / Then
        assert await outbox.lease_unsent(2) == [row(2, keep_until_settled=True), row(1)]
        assert await outbox.lease_unsent(2) == [row(3)]

    async def test_tells_how_often_a_row_was_tried(self, outbox: Outbox, clock: FakeClock) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        for _ in range(3):
            await outbox.postpone([row(1)], timedelta(seconds=1))
        clock.advance(minutes=1)
        # When / Then
        assert [one.attempts for one in await outbox.lease_unsent(10)] == [3]


class TestMarkSent:
    async def test_a_row_expires_a_day_after_it_was_sent_but_a_kept_one_stays(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        # Given
        rows = [row(1), row(2, keep_until_settled=True), row(3)]
        await outbox.add(rows, session=None)
        # When
        await outbox.mark_sent(rows[:2])
        # Then
        one, two, three = [await stored(number) for number in (1, 2, 3)]
        assert (one["sent_at"], one["expire_at"]) == (NOON, TOMORROW)
        assert two["sent_at"] == NOON
        assert "expire_at" not in two
        assert ["unsent" in each for each in (one, two, three)] == [False, False, True]
        assert "sent_at" not in three


class TestPostpone:
    async def test_leaves_a_row_alone_for_a_while(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        clock.advance(minutes=1)
        # When
        await outbox.postpone([row(1)], timedelta(seconds=30))
        # Then
        assert await outbox.lease_unsent(10) == [row(2)]
        assert (await stored(1))["attempts"] == 1
        assert (await stored(1))["unsent"] is True


class TestRelease:
    async def test_lets_kept_rows_expire_a_day_later(self, outbox: Outbox, stored: Stored) -> None:
        # Given
        await outbox.add(
            [row(1, keep_until_settled=True), row(2, keep_until_settled=True)], session=None
        )
        # When
        await outbox.release([id_of(1)], session=None)
        # Then
        assert ((await stored(1))["kept"], (await stored(1))["expire_at"]) == (False, TOMORROW)
        assert (await stored(2))["kept"] is True
        assert "expire_at" not in await stored(2)

    async def test_a_row_that_is_not_there_any_more_is_no_failure(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        await outbox.release([id_of(1)], session=None)
        assert await stored.count() == 0


class TestSendAgain:
    async def test_a_stored_row_waits_again_with_the_same_bytes(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        before = await stored(1)
        await outbox.mark_sent([row(1)])
        clock.advance(hours=1)
        # When
        await outbox.add_again([row(1)], session=None)
        # Then
        after = await stored(1)
        assert (after["unsent"], after["value"]) == (True, before["value"])
        assert after["leased_until"] == NOON + timedelta(hours=1, seconds=10)

    async def test_a_row_that_waits_does_not_expire(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        await outbox.mark_sent([row(1)])
        clock.advance(hours=23)
        # When
        await outbox.add_again([row(1)], session=None)
        # Then
        assert "expire_at" not in await stored(1)

    async def test_an_expired_row_is_stored_again(self, outbox: Outbox, stored: Stored) -> None:
        await outbox.add_again([row(1, keep_until_settled=True)], session=None)
        assert (await stored(1))["unsent"] is True
        assert (await stored(1))["value"] == row(1).message.value

    async def test_takes_stored_and_expired_rows_together(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        await outbox.mark_sent([row(1), row(2)])
        # When
        await outbox.add_again([row(1), row(3)], session=None)
        # Then
        assert await stored.count() == 3
        assert await outbox.find_unsent([id_of(1), id_of(2), id_of(3)]) == {id_of(1), id_of(3)}


class TestUnsent:
    async def test_are_those_that_wait(self, outbox: Outbox) -> None:
        # Given
        await outbox.add([row(1), row(2), row(3)], session=None)
        await outbox.mark_sent([row(2)])
        # When / Then
        assert await outbox.find_unsent([id_of(1), id_of(2), id_of(4)]) == {id_of(1)}
        assert await outbox.find_unsent([]) == set()
        assert await outbox.count_unsent() == 2


class TestMigrate:
    async def test_rows_expire_at_their_time_and_the_sweeper_has_an_index(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        made: list[str] = []

        async def ensure(_database: Database, name: str, _schema: Any) -> None:
            made.append(name)

        def now() -> datetime:
            return NOON.replace(tzinfo=None)

        monkeypatch.setattr(module, "ensure_collection", ensure)
        # When
        with patch("mongomock.utcnow", now):
            await Outbox.migrate(database)
            indexes = await database["outbox"].index_information()
        # Then
        assert made == ["outbox"]
        assert indexes["expiry"]["expireAfterSeconds"] == 0
        assert indexes["unsent"]["key"] == [("leased_until", 1)]
