from collections.abc import Callable
from typing import Any

import pytest
from pymongo.errors import AutoReconnect
from shopkit.storage.cursors import InvalidCursorError, encode

from shopkit.contract.events import OrderCancel
from shopkit.messaging.dead_letter_service import (
    DeadLetterClosedError,
    DeadLetterNotFoundError,
    DeadLetterService,
    ReplayFailedError,
)
from shopkit.messaging.dead_letters import (
    DeadLetterRepository,
    DeadLetterStatus,
    LetterQuery,
    Record,
)
from shopkit.messaging.envelope import UndecodableError
from shopkit.messaging.handlers import Handler, applier
from shopkit.storage.audit import AuditTrail, Query
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Message
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

POISON = Record("shop.orders", 3, 7, b"key", b"{\xff", (("ce_type", b"OrderCancel"),))


def cancellation(number: int) -> Record:
    event = OrderCancel(order_id=an_id(number))
    message = Message.of(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
    headers = tuple(message.headers())
    return Record("shop.orders", 0, number, message.key.encode(), message.value, headers)


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
        apply=applier({"shop.orders": {OrderCancel: Handler(applied)}}),
        clock=clock,
    )


class TestRecord:
    def test_has_one_id_wherever_and_with_whatever_headers_it_comes(self) -> None:
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
    def test_another_message_has_another_id(self, other: Record) -> None:
        assert other.id != POISON.id


class TestPark:
    async def test_keeps_the_message_as_it_came_with_the_reason(
        self, letters: DeadLetterRepository, counted: Callable[..., float]
    ) -> None:
        # Given
        before = counted("dead_letters_parked_total", topic="shop.orders")
        # When / Then
        assert await letters.park(POISON, "x" * 3_000) is True
        page = await letters.page(LetterQuery())
        (letter,) = page.dead_letters
        assert letter.model_dump() == {
            "id": POISON.id,
            "topic": "shop.orders",
            "partition": 3,
            "offset": 7,
            "type": "OrderCancel",
            "key": "key",
            "event": "{\ufffd",
            "reason": "x" * 2_000,
            "status": DeadLetterStatus.PARKED,
            "parked_at": NOON,
            "history": [],
        }
        assert counted("dead_letters_parked_total", topic="shop.orders") == before + 1

    async def test_keeps_it_once_and_as_it_came_first(
        self, letters: DeadLetterRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await letters.park(POISON, "first")
        before = await database["dead_letters"].find_one({})
        clock.advance(hours=1)
        # When / Then
        assert await letters.park(POISON, "second") is False
        assert await database["dead_letters"].find_one({}) == before

    async def test_keeps_a_message_without_key_and_body(
        self, letters: DeadLetterRepository
    ) -> None:
        await letters.park(Record("shop.orders", 0, 0, None, None, ()), "no body")
        (letter,) = (await letters.page(LetterQuery())).dead_letters
        assert (letter.type, letter.key, letter.event) == ("", "", "")


class TestPage:
    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_skip_and_repeat_nothing(
        self, letters: DeadLetterRepository, clock: FakeClock, limit: int
    ) -> None:
        # Given
        for number in range(5):
            await letters.park(cancellation(number), "why")
            clock.advance(seconds=number % 2)
        # When
        shown: list[str] = []
        cursor = None
        while True:
            page = await letters.page(LetterQuery(limit=limit, cursor=cursor))
            shown += [letter.id for letter in page.dead_letters]
            cursor = page.next_cursor
            if cursor is None:
                break
        # Then
        assert len(shown) == 5
        assert set(shown) == {cancellation(number).id for number in range(5)}

    async def test_shows_those_of_a_status(
        self, letters: DeadLetterRepository, service: DeadLetterService
    ) -> None:
        # Given
        await letters.park(POISON, "why")
        await letters.park(cancellation(1), "why")
        await service.discard(POISON.id, "admin@aaa.com", "nonsense")
        # When
        parked = await service.page(LetterQuery(status=DeadLetterStatus.PARKED))
        # Then
        assert [letter.id for letter in parked.dead_letters] == [cancellation(1).id]

    @pytest.mark.parametrize("cursor", ["x", encode("a"), encode("noon", "b")])
    async def test_refuses_a_cursor_that_it_did_not_give(
        self, letters: DeadLetterRepository, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursorError):
            await letters.page(LetterQuery(cursor=cursor))


class TestReplay:
    async def test_applies_the_event_and_marks_it(
        self,
        letters: DeadLetterRepository,
        service: DeadLetterService,
        applied: Applied,
        database: Database,
    ) -> None:
        # Given
        await letters.park(cancellation(1), "why")
        # When
        letter = await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        assert applied.keys == [an_id(1)]
        assert letter.status is DeadLetterStatus.REPLAYED
        assert [(step.actor, step.action) for step in letter.history] == [
            ("admin@aaa.com", "replay")
        ]
        (entry,) = (await AuditTrail(database).page(Query())).entries
        assert (entry.action, entry.subject) == ("dead letter: replay", cancellation(1).id)

    async def test_stays_parked_where_it_fails_again(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.park(cancellation(1), "why")
        applied.error = ValueError("contrary")
        # When
        with pytest.raises(ReplayFailedError, match="could not be applied: contrary"):
            await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        letter = await service.letter(cancellation(1).id)
        assert letter.status is DeadLetterStatus.PARKED
        assert [step.action for step in letter.history] == ["replay failed"]

    async def test_what_can_not_be_decoded_still_can_not(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        await letters.park(POISON, "why")
        with pytest.raises(ReplayFailedError) as raised:
            await service.replay(POISON.id, "admin@aaa.com")
        assert isinstance(raised.value.__cause__, UndecodableError)
        assert applied.keys == []

    async def test_nothing_is_noted_where_the_database_is_away(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.park(cancellation(1), "why")
        applied.error = AutoReconnect()
        # When
        with pytest.raises(AutoReconnect):
            await service.replay(cancellation(1).id, "admin@aaa.com")
        # Then
        assert (await service.letter(cancellation(1).id)).history == []


class TestDiscard:
    async def test_marks_it_and_keeps_it(
        self, letters: DeadLetterRepository, service: DeadLetterService, applied: Applied
    ) -> None:
        # Given
        await letters.park(POISON, "why")
        # When
        letter = await service.discard(POISON.id, "admin@aaa.com", "nonsense")
        # Then
        assert letter.status is DeadLetterStatus.DISCARDED
        assert letter.history[0].detail == "nonsense"
        assert applied.keys == []

    @pytest.mark.parametrize("settled_by", ["replay", "discard"])
    async def test_a_settled_letter_stays_settled(
        self,
        letters: DeadLetterRepository,
        service: DeadLetterService,
        applied: Applied,
        settled_by: str,
    ) -> None:
        # Given
        id_ = cancellation(1).id
        await letters.park(cancellation(1), "why")
        if settled_by == "replay":
            await service.replay(id_, "admin@aaa.com")
        else:
            await service.discard(id_, "admin@aaa.com", "nonsense")
        before = await service.letter(id_)
        # When
        with pytest.raises(DeadLetterClosedError):
            await service.replay(id_, "admin@aaa.com")
        with pytest.raises(DeadLetterClosedError):
            await service.discard(id_, "admin@aaa.com", "again")
        # Then
        assert await service.letter(id_) == before

    async def test_an_unknown_one_is_not_found(self, service: DeadLetterService) -> None:
        with pytest.raises(DeadLetterNotFoundError, match="There is no dead letter x"):
            await service.discard("x", "admin@aaa.com", "why")
