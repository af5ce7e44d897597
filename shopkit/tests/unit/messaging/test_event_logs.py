"""Lines about events name them, so that an operator can follow one event through the logs."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import structlog
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from shopkit.contract.events import OrderCancel
from shopkit.messaging import batch_processor, relay
from shopkit.messaging import consumer as consumer_module
from shopkit.messaging.batch_processor import BatchProcessor
from shopkit.messaging.consumer import Consumer, Subscription
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.envelope import BrokenRuleError, headers, read_event_id, wrap
from shopkit.messaging.handlers import Handler, HandlerTable
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.messaging.producer import SendResult
from shopkit.messaging.relay import Relay
from shopkit.storage.mongo import Database, is_temporary
from shopkit.storage.unit_of_work import Message, Publication
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

EVENT_ID = f"OrderCancel/{an_id(1)}"


def cancellation() -> Message:
    event = OrderCancel(order_id=an_id(1))
    return wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)


def record() -> Record:
    message = cancellation()
    return Record(message.topic, 0, 7, message.key.encode(), message.value, tuple(headers(message)))


@pytest.fixture(autouse=True)
def _captured(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (batch_processor, consumer_module, relay):
        monkeypatch.setattr(module, "log", structlog.get_logger())


class TestReadEventId:
    def test_returns_the_id_of_the_header(self) -> None:
        assert read_event_id(record().headers) == EVENT_ID

    @pytest.mark.parametrize(
        ("given", "expected"),
        [([], ""), ([("ce_id", None)], ""), ([("ce_id", b"\xff" * 300)], "\ufffd" * 200)],
    )
    def test_accepts_anything(self, given: list[tuple[str, bytes | None]], expected: str) -> None:
        assert read_event_id(given) == expected


class TestConsumer:
    @pytest.mark.parametrize(
        ("error", "line"), [(AutoReconnect(), "batch is retried"), (TypeError(), "consumer paused")]
    )
    async def test_names_the_first_event_of_a_batch_that_fails(
        self, database: Database, clock: FakeClock, error: Exception, line: str
    ) -> None:
        # Given
        pauses = PauseRepository(database, "release-1", clock)
        letters = DeadLetterRepository(database, clock)
        processor = BatchProcessor(HandlerTable({}), letters, pauses, is_temporary)
        subscription = Subscription(
            {"bootstrap_servers": "kafka:9092"}, "shop.orders", "products-ms", "products-ms"
        )
        consumer = Consumer(subscription, processor, pauses, is_temporary)
        # When
        with capture_logs() as lines:
            await consumer._wait_or_pause(error, [record(), record()])
        # Then
        [found] = lines
        assert (found["event"], found["topic"]) == (line, "shop.orders")
        assert found["first_event_id"] == EVENT_ID


class TestDeadLetter:
    async def test_is_named(self, database: Database, clock: FakeClock) -> None:
        # Given
        async def break_rule(_deliveries: object) -> None:
            raise BrokenRuleError("no such order")

        pauses = PauseRepository(database, "release-1", clock)
        table = HandlerTable({OrderCancel: Handler(break_rule)})
        letters = DeadLetterRepository(database, clock)
        processor = BatchProcessor(table, letters, pauses, is_temporary)
        # When
        with capture_logs() as lines:
            await processor.process([record()])
        # Then
        [found] = lines
        assert (found["event"], found["event_id"], found["offset"]) == ("dead letter", EVENT_ID, 7)


class TestRelay:
    async def test_names_a_message_that_the_broker_refuses(
        self, database: Database, clock: FakeClock
    ) -> None:
        # Given
        class Refusing:
            async def send(self, messages: Sequence[Message]) -> list[SendResult]:
                return [SendResult.REFUSED for _ in messages]

        publication = replace(Publication(cancellation()), attempts=2)
        # When
        with capture_logs() as lines:
            await Relay(Outbox(database, clock), Refusing()).send([publication])
        # Then
        [found] = lines
        assert found == {
            "event": "message refused",
            "log_level": "warning",
            "event_id": EVENT_ID,
            "topic": "shop.orders",
            "attempts": 3,
        }
