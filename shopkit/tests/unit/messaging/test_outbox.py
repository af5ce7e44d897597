import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import ANY, patch

import pytest

from shopkit.contract.events import OrderCancel
from shopkit.messaging import outbox as module
from shopkit.messaging.envelope import wrap
from shopkit.messaging.outbox import Backlog, Outbox
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Publication
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

IN_THREE_SECONDS = NOON + timedelta(seconds=3)


def row(number: int, *, time: datetime = NOON) -> Publication:
    event = OrderCancel(order_id=an_id(number))
    return Publication(wrap(event, source="orders-ms", time=time, trace_context=TRACE_CONTEXT))


def id_of(number: int) -> str:
    return f"OrderCancel/{an_id(number)}"


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


class AwaitedOutbox(Outbox):
    """Waits until a majority has each write, because the tests read what a majority has."""

    async def renew(self, ids: Sequence[str]) -> None:
        await super().renew(ids)
        await self._wait()

    async def mark_sent(self, publications: Sequence[Publication]) -> None:
        await super().mark_sent(publications)
        await self._wait()

    async def postpone(self, publications: Sequence[Publication], delay: timedelta) -> None:
        await super().postpone(publications, delay)
        await self._wait()

    async def _wait(self) -> None:
        # A write that changes nothing waits for all earlier ones.
        await self._rows.update_one({"_id": "none"}, {"$set": {"attempts": 0}})


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> Outbox:
    return AwaitedOutbox(database, clock)


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
    async def test_stores_a_message_leased_to_its_writer(
        self, outbox: Outbox, stored: Stored
    ) -> None:
        # When
        await outbox.add([row(1)], session=None)
        # Then
        assert await stored(1) == {
            "_id": id_of(1),
            "type": "OrderCancel",
            "topic": "shop.orders",
            "key": an_id(1),
            "partition_key": an_id(1),
            "value": row(1).message.value,
            "source": "orders-ms",
            "time": NOON,
            "request_id": TRACE_CONTEXT.request_id,
            "traceparent": TRACE_CONTEXT.traceparent,
            "kept": False,
            "attempts": 0,
            "unsent": True,
            "leased_until": IN_THREE_SECONDS,
            "leased_by": ANY,
        }

    async def test_stores_nothing_for_an_empty_list(self, outbox: Outbox, stored: Stored) -> None:
        await outbox.add([], session=None)
        assert await stored.count() == 0


class TestLeaseUnsent:
    async def test_skips_leased_rows(self, outbox: Outbox, clock: FakeClock) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        # When / Then
        clock.advance(seconds=3)
        assert await outbox.lease_unsent(10) == []
        clock.advance(milliseconds=1)
        assert await outbox.lease_unsent(10) == [row(1)]

    async def test_leases_the_rows_that_it_returns(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        clock.advance(seconds=4)
        # When
        await outbox.lease_unsent(10)
        # Then
        assert (await stored(1))["leased_until"] == NOON + timedelta(seconds=7)
        assert await outbox.lease_unsent(10) == []

    async def test_returns_the_oldest_leases_up_to_the_limit(
        self, outbox: Outbox, clock: FakeClock
    ) -> None:
        # Given
        for number in (2, 1, 3):
            await outbox.add([row(number)], session=None)
            clock.advance(seconds=1)
        clock.advance(minutes=1)
        # When / Then
        assert await outbox.lease_unsent(2) == [row(2), row(1)]
        assert await outbox.lease_unsent(2) == [row(3)]

    async def test_returns_the_number_of_attempts(self, outbox: Outbox, clock: FakeClock) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        for _ in range(3):
            await outbox.postpone([row(1)], timedelta(seconds=1))
        clock.advance(minutes=1)
        # When / Then
        assert [publication.attempts for publication in await outbox.lease_unsent(10)] == [3]


class TestSeveralProcesses:
    @pytest.fixture
    def other(self, database: Database, clock: FakeClock) -> Outbox:
        return Outbox(database, clock)

    async def test_one_of_them_leases_a_row(
        self, outbox: Outbox, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await outbox.add([row(number) for number in range(20)], session=None)
        clock.advance(seconds=11)
        # When
        others = [Outbox(database, clock) for _ in range(7)]
        batches = await asyncio.gather(*(process.lease_unsent(5) for process in (outbox, *others)))
        # Then
        leased = [publication.message.id for batch in batches for publication in batch]
        assert sorted(leased) == sorted(id_of(number) for number in range(20))

    async def test_a_process_renews_only_its_own_unsent_rows(
        self, outbox: Outbox, other: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        await other.add([row(3)], session=None)
        await outbox.mark_sent([row(2)])
        clock.advance(seconds=2)
        # When
        await outbox.renew([id_of(number) for number in (1, 2, 3)])
        # Then
        leases = [(await stored(number))["leased_until"] for number in (1, 2, 3)]
        assert leases == [NOON + timedelta(seconds=5), IN_THREE_SECONDS, IN_THREE_SECONDS]

    async def test_reads_rows_that_an_earlier_release_wrote(
        self, outbox: Outbox, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        await database["outbox"].update_one({}, {"$unset": {"partition_key": "", "leased_by": ""}})
        clock.advance(seconds=11)
        # When / Then
        assert await outbox.lease_unsent(10) == [row(1)]


class TestMarkSent:
    async def test_stores_when_a_row_was_sent(self, outbox: Outbox, stored: Stored) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        # When
        await outbox.mark_sent([row(1)])
        # Then
        sent, unsent = await stored(1), await stored(2)
        assert (sent["sent_at"], "unsent" in sent) == (NOON, False)
        assert ("sent_at" in unsent, unsent["unsent"]) == (False, True)


class TestPostpone:
    async def test_skips_a_postponed_row(
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


class TestAddAgain:
    async def test_marks_a_stored_row_as_unsent_with_the_same_bytes(
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
        assert after["leased_until"] == NOON + timedelta(hours=1, seconds=3)

    async def test_an_unsent_row_does_not_expire(
        self, outbox: Outbox, clock: FakeClock, stored: Stored
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        await outbox.mark_sent([row(1)])
        clock.advance(hours=23)
        # When
        await outbox.add_again([row(1)], session=None)
        # Then
        assert "sent_at" not in await stored(1)

    async def test_stores_an_expired_row_again(self, outbox: Outbox, stored: Stored) -> None:
        await outbox.add_again([row(1)], session=None)
        assert (await stored(1))["unsent"] is True
        assert (await stored(1))["value"] == row(1).message.value

    async def test_accepts_stored_and_expired_rows_together(
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


class TestFindUnsent:
    async def test_returns_the_ids_of_unsent_rows(self, outbox: Outbox) -> None:
        # Given
        await outbox.add([row(1), row(2), row(3)], session=None)
        await outbox.mark_sent([row(2)])
        # When / Then
        assert await outbox.find_unsent([id_of(1), id_of(2), id_of(4)]) == {id_of(1)}
        assert await outbox.find_unsent([]) == set()


class TestMeasure:
    async def test_returns_the_number_and_the_age_of_unsent_rows(
        self, outbox: Outbox, clock: FakeClock
    ) -> None:
        # Given: the oldest is sent, and the lease of the next is newer than that of the last.
        later = [row(number, time=NOON + timedelta(minutes=number)) for number in (1, 2)]
        await outbox.add([row(3), *later], session=None)
        await outbox.mark_sent([row(3)])
        clock.advance(minutes=5)
        await outbox.postpone([row(1)], timedelta(hours=1))
        # When / Then
        assert await outbox.measure() == Backlog(2, timedelta(minutes=4))

    async def test_an_empty_outbox_has_no_age(self, outbox: Outbox) -> None:
        await outbox.add([row(1)], session=None)
        await outbox.mark_sent([row(1)])
        assert await outbox.measure() == Backlog(0, timedelta())


class TestMigrate:
    async def test_creates_the_indexes_for_expiry_and_the_sweeper(
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
        assert (indexes["sent"]["key"], indexes["sent"]["expireAfterSeconds"]) == (
            [("sent_at", 1)],
            86_400,
        )
        assert indexes["unsent"]["key"] == [("leased_until", 1)]
