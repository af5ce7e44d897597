from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from shopkit.contract.events import OrderCancel
from shopkit.messaging.dead_letter_service import (
    DeadLetterClosedError,
    DeadLetterNotFoundError,
    DeadLetterService,
    ReplayFailedError,
)
from shopkit.messaging.dead_letters import (
    DeadLetter,
    DeadLetterRepository,
    DeadLetterStatus,
    Record,
)
from shopkit.messaging.envelope import UndecodableError, headers, wrap
from shopkit.messaging.handlers import Handler, HandlerTable, applier
from shopkit.storage.audit import AuditFilter, AuditTrail
from shopkit.storage.keyset import InvalidCursorError, encode_cursor
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

POISON = Record("shop.orders", 3, 7, b"key", b"{\xff", (("ce_type", b"OrderCancel"),))


def cancellation(number: int) -> Record:
    event = OrderCancel(order_id=an_id(number))
    message = wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
    key = message.key.encode()
    return Record("shop.orders", 0, number, key, message.value, tuple(headers(message)))


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def letters(database: Database, clock: FakeClock) -> DeadLetterRepository:
    return DeadLetterRepository(database, clock)


class Applied:
    def __init__(self) -> None:
        self.keys: list[str] = []
        self.error: Exception | None = None

    async def __call__(self, deliveries: Any) -> None:
        if self.error:
            raise self.error
        self.keys += [delivery.event.key for delivery in deliveries]


@pytest.fixture
def applied() -> Applied:
    return Applied()


@pytest.fixture
def service(
    letters: DeadLetterRepository, database: Database, applied: Applied, clock: FakeClock
) -> DeadLetterService:
    return DeadLetterService(
        transactions=FakeTransactions(),
        letters=letters,
        trail=AuditTrail(database),
        apply=applier({"shop.orders": HandlerTable({OrderCancel: Handler(applied)})}),
        clock=clock,
    )


class TestRecord:
    def test_id_does_not_depend_on_position_and_headers(self) -> None:
        assert POISON.id == Record("shop.orders", 0, 99, b"key", b"{\xff", ()).id
        assert len(POISON.id) == 64

    @pytest.mark.parametrize(
        "other",
        [
            Record("shop.products", 3, 7, b"key", b"{\xff", ()),
            Record("shop.orders", 3, 7, b"ke", b"y{\xff", ()),
            Record("shop.orders", 3, 7, None, b"{\xff", ()),
            Record("shop.orders", 3, 7, b"key", None, ()),
        ],
    )
    def test_different_messages_have_different_ids(self, other: Record) -> None:
        assert other.id != POISON.id


class TestAdd:
    async def test_stores_the_message_and_the_reason(
        self, letters: DeadLetterRepository, counted: Callable[..., float]
    ) -> None:
        # Given
        before = counted("dead_letters_parked_total", topic="shop.orders")
        # When
        is_new = await letters.add(POISON, "x" * 3_000)
        # Then
        assert is_new
        assert await letters.find_by_id(POISON.id) == DeadLetter(
            record=POISON,
            reason="x" * 2_000,
            status=DeadLetterStatus.PARKED,
            parked_at=NOON,
            history=(),
        )
        assert counted("dead_letters_parked_total", topic="shop.orders") == before + 1

    async def test_stores_a_repeated_message_once(
        self, letters: DeadLetterRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await letters.add(POISON, "first")
        before = await database["dead_letters"].find_one({})
        clock.advance(hours=1)
        # When
        is_new = await letters.add(POISON, "second")
        # Then
        assert not is_new
        assert await database["dead_letters"].find({}).to_list() == [before]

    async def test_stores_a_message_without_key_and_value(
        self, letters: DeadLetterRepository
    ) -> None:
        record = Record("shop.orders", 0, 0, None, None, ())
        await letters.add(record, "no body")
        letter = await letters.find_by_id(record.id)
        assert letter
        assert (letter.record.key, letter.record.value) == (b"", b"")

    async def test_stores_a_batch_that_cannot_be_decoded(
        self, letters: DeadLetterRepository
    ) -> None:
        record = Record("shop.orders", 0, 4, None, b"\x00\xff", (), last_offset=6)
        await letters.add(record, "offsets 4 to 6")
        letter = await letters.find_by_id(record.id)
        assert letter
        assert (letter.record.value, letter.record.last_offset) == (b"\x00\xff", 6)

    async def test_reads_letters_of_an_earlier_release(
        self, letters: DeadLetterRepository, database: Database
    ) -> None:
        await letters.add(POISON, "why")
        await database["dead_letters"].update_one({}, {"$unset": {"last_offset": 1, "release": 1}})
        letter = await letters.find_by_id(POISON.id)
        assert letter
        assert letter.record == POISON


class TestCountRecent:
    MINUTE = timedelta(minutes=1)

    async def test_counts_what_this_release_has_parked_in_a_topic(
        self, letters: DeadLetterRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await letters.add(cancellation(0), "too long ago")
        clock.advance(minutes=1)
        for number in range(1, 4):
            await letters.add(cancellation(number), "why")
        await DeadLetterRepository(database, clock, "another").add(cancellation(4), "why")
        await letters.add(Record("shop.products", 0, 0, None, None, ()), "another topic")
        # When / Then
        assert await letters.count_recent("shop.orders", self.MINUTE, None) == 3

    async def test_counts_from_a_later_time_only(
        self, letters: DeadLetterRepository, clock: FakeClock
    ) -> None:
        await letters.add(cancellation(1), "why")
        since = clock.now
        clock.advance(seconds=1)
        await letters.add(cancellation(2), "why")
        assert await letters.count_recent("shop.orders", self.MINUTE, since) == 1
        since -= self.MINUTE
        assert await letters.count_recent("shop.orders", self.MINUTE, since) == 2


class TestPage:
    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_neither_skip_nor_repeat(
        self, letters: DeadLetterRepository, clock: FakeClock, limit: int
    ) -> None:
        # Given
        for number in range(5):
            await letters.add(cancellation(number), "why")
            clock.advance(seconds=number % 2)
        # When
        ids: list[str] = []
        cursor = None
        while True:
            page, cursor = await letters.page(None, limit=limit, cursor=cursor)
            ids += [letter.record.id for letter in page]
            if cursor is None:
                break
        # Then
        assert len(ids) == 5
        assert set(ids) == {cancellation(number).id for number in range(5)}

    async def test_filters_by_status(
        self, letters: DeadLetterRepository, service: DeadLetterService
    ) -> None:
        # Given
        await letters.add(POISON, "why")
        await letters.add(cancellation(1), "why")
        await service.discard(POISON.id, "admin@aaa.com", "nonsense")
        # When
        parked, _ = await service.page(DeadLetterStatus.PARKED, limit=20, cursor=None)
        # Then
        assert [letter.record for letter in parked] == [cancellation(1)]

    @pytest.mark.parametrize("cursor", ["x", encode_cursor("a"), encode_cursor("noon", "b")])
    async def test_refuses_a_cursor_of_another_list(
        self, letters: DeadLetterRepository, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursorError):
            await letters.page(None, limit=20, cursor=cursor)


class TestReplay:
    async def test_applies_the_event_and_updates_the_status(
        self,
        letters: DeadLetterRepository,
        service: DeadLetterService,
        applied: Applied,
        database: Database,
    ) -> None:
        # Given
        await letters.add(cancellation(1), "why")
        # When
        letter = await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        assert applied.keys == [an_id(1)]
        assert letter.status is DeadLetterStatus.REPLAYED
        assert [(entry.actor, entry.action) for entry in letter.history] == [
            ("admin@aaa.com", "replay")
        ]
        (entry,), _ = await AuditTrail(database).page(AuditFilter(), limit=20, cursor=None)
        assert (entry.action, entry.subject) == ("dead letter: replay", cancellation(1).id)

    async def test_stays_parked_if_it_fails_again(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.add(cancellation(1), "why")
        applied.error = ValueError("contrary")
        # When
        with pytest.raises(ReplayFailedError, match="could not be applied: contrary"):
            await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        letter = await service.get(cancellation(1).id)
        assert letter.status is DeadLetterStatus.PARKED
        assert [entry.action for entry in letter.history] == ["replay failed"]

    async def test_fails_if_the_message_still_cannot_be_decoded(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        await letters.add(POISON, "why")
        with pytest.raises(ReplayFailedError) as raised:
            await service.replay(POISON.id, "admin@aaa.com")
        assert isinstance(raised.value.__cause__, UndecodableError)
        assert applied.keys == []

    async def test_refuses_a_batch_that_cannot_be_decoded(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given: bytes that would be an event if they were a message
        event = cancellation(1)
        batch = replace(event, last_offset=6)
        await letters.add(batch, "offsets 4 to 6")
        # When
        with pytest.raises(ReplayFailedError, match="The Kafka client cannot decode"):
            await service.replay(batch.id, "admin@aaa.com")
        # Then
        assert applied.keys == []

    async def test_records_nothing_if_the_database_is_unavailable(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.add(cancellation(1), "why")
        applied.error = AutoReconnect()
        # When
        with pytest.raises(AutoReconnect):
            await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        assert (await service.get(cancellation(1).id)).history == ()


class TestDiscard:
    async def test_updates_the_status_and_keeps_the_message(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.add(POISON, "why")
        # When
        letter = await service.discard(POISON.id, "admin@aaa.com", "nonsense")
        # Then
        assert letter.status is DeadLetterStatus.DISCARDED
        assert letter.history[0].detail == "nonsense"
        assert applied.keys == []

    @pytest.mark.parametrize("closed_by", ["replay", "discard"])
    async def test_a_closed_dead_letter_stays_closed(
        self,
        letters: DeadLetterRepository,
        service: DeadLetterService,
        applied: Applied,
        closed_by: str,
    ) -> None:
        # Given
        id_ = cancellation(1).id
        await letters.add(cancellation(1), "why")
        if closed_by == "replay":
            await service.replay(id_, "admin@aaa.com")
        else:
            await service.discard(id_, "admin@aaa.com", "nonsense")
        before = await service.get(id_)
        # When
        with pytest.raises(DeadLetterClosedError):
            await service.replay(id_, "admin@aaa.com")
        with pytest.raises(DeadLetterClosedError):
            await service.discard(id_, "admin@aaa.com", "again")
        # Then
        assert await service.get(id_) == before

    async def test_does_not_find_an_unknown_id(self, service: DeadLetterService) -> None:
        with pytest.raises(DeadLetterNotFoundError, match="There is no dead letter x"):
            await service.discard("x", "admin@aaa.com", "why")
