from collections.abc import Sequence

import pytest

from shopkit.contract.events import OrderCancel
from shopkit.messaging.envelope import wrap
from shopkit.storage.mongo import Session
from shopkit.storage.unit_of_work import Message, Publication, UnitOfWork
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id


def message(number: int) -> Message:
    event = OrderCancel(order_id=an_id(number))
    return wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)


class RecordingStore:
    """Stands in for the outbox and records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Publication] | list[str]]] = []

    async def add(self, publications: Sequence[Publication], *, session: Session) -> None:
        self.calls.append(("add", list(publications)))

    async def add_again(self, publications: Sequence[Publication], *, session: Session) -> None:
        self.calls.append(("add_again", list(publications)))


@pytest.fixture
def store() -> RecordingStore:
    return RecordingStore()


class TestFlush:
    async def test_writes_all_messages_with_one_call_of_each_kind(
        self, store: RecordingStore
    ) -> None:
        # Given
        unit = UnitOfWork(None)
        unit.publish(message(1), message(2))
        unit.publish_again(message(3))
        unit.publish(message(4))
        # When
        await unit.flush(store)
        # Then
        assert store.calls == [
            ("add", [Publication(message(number)) for number in (1, 2, 4)]),
            ("add_again", [Publication(message(3))]),
        ]

    async def test_writes_nothing_if_nothing_was_published(self, store: RecordingStore) -> None:
        unit = UnitOfWork(None)
        unit.publish()
        unit.publish_again()
        await unit.flush(store)
        await unit.flush(None)
        assert store.calls == []

    async def test_needs_a_store_to_publish(self) -> None:
        unit = UnitOfWork(None)
        unit.publish(message(1))
        with pytest.raises(AssertionError):
            await unit.flush(None)


class TestPublications:
    def test_contain_new_messages_before_repeated_ones(self) -> None:
        unit = UnitOfWork(None)
        unit.publish_again(message(2))
        unit.publish(message(1))
        assert [item.message for item in unit.publications] == [message(1), message(2)]
