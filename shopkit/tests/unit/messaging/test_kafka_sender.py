import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
)
from opentelemetry.trace import StatusCode

from shopkit.contract.events import OrderCancel
from shopkit.messaging import producer as module
from shopkit.messaging.envelope import headers, wrap
from shopkit.messaging.producer import KafkaSender, SendResult
from shopkit.storage.unit_of_work import Message
from shopkit.testing.collector import recorded
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id


def message(number: int) -> Message:
    event = OrderCancel(order_id=an_id(number))
    return wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)


class Kafka:
    """Stands in for the broker and every producer of it."""

    def __init__(self) -> None:
        self.producers: list[FakeProducer] = []
        self.away = False
        self.refuses: set[bytes] = set()
        self.hangs = False
        self.refuses_batches_with: bytes | None = None
        self.stop_fails = False

    def __call__(self, **options: Any) -> "FakeProducer":
        self.producers.append(FakeProducer(self, options))
        return self.producers[-1]


ACKNOWLEDGED, REFUSED, UNAVAILABLE = SendResult


class FakeProducer:
    def __init__(self, kafka: Kafka, options: dict[str, Any]) -> None:
        self.kafka = kafka
        self.options = options
        self.sent: list[dict[str, Any]] = []
        self.stopped = False
        self.batch: list[tuple[bytes, asyncio.Future[None]]] = []

    async def start(self) -> None:
        if self.kafka.away:
            raise KafkaConnectionError

    async def stop(self) -> None:
        self.stopped = True
        if self.kafka.stop_fails:
            raise KafkaTimeoutError

    async def partitions_for(self, _topic: str) -> set[int]:
        return set(range(12))

    async def send(self, topic: str, value: bytes, key: bytes, **more: Any) -> asyncio.Future[None]:
        if key in self.kafka.refuses:
            raise MessageSizeTooLargeError
        acknowledged = asyncio.get_running_loop().create_future()
        if self.kafka.refuses_batches_with:
            self.batch.append((key, acknowledged))
            asyncio.get_running_loop().call_soon(self.flush)
        elif not self.kafka.hangs:
            self.sent.append({"topic": topic, "value": value, "key": key, **more})
            acknowledged.set_result(None)
        return acknowledged

    def flush(self) -> None:
        """Acknowledge the records of a batch, or refuse all of them because of one."""
        refused = self.kafka.refuses_batches_with in dict(self.batch)
        batch, self.batch = self.batch, []
        for _, acknowledged in batch:
            if refused:
                acknowledged.set_exception(InvalidTimestampError())
            else:
                acknowledged.set_result(None)


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr(module, "AIOKafkaProducer", kafka)
    return kafka


@pytest.fixture
def sender(kafka: Kafka) -> KafkaSender:
    return KafkaSender({"bootstrap_servers": "kafka:9092"}, "orders-ms")


class TestSend:
    async def test_sends_the_envelope_with_an_idempotent_producer(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # When
        assert await sender.send([message(1)]) == [ACKNOWLEDGED]
        # Then
        (producer,) = kafka.producers
        assert producer.options["enable_idempotence"] is True
        assert producer.options["acks"] == "all"
        assert producer.options["bootstrap_servers"] == "kafka:9092"
        assert producer.sent == [
            {
                "topic": "shop.orders",
                "value": message(1).value,
                "key": an_id(1).encode(),
                "partition": 3,
                "headers": headers(message(1)),
                "timestamp_ms": 1_777_896_000_000,
            }
        ]

    async def test_messages_of_one_partition_key_have_the_same_partition(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # Given
        messages = [replace(message(number), partition_key="a product") for number in range(9)]
        # When
        await sender.send(messages)
        # Then
        assert len({sent["partition"] for sent in kafka.producers[0].sent}) == 1
        assert len({sent["key"] for sent in kafka.producers[0].sent}) == 9

    async def test_the_event_names_the_send_span_as_its_parent(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # Given
        kafka.refuses = {an_id(2).encode()}
        # When
        with recorded() as exported:
            await sender.send([message(1), message(2)])
        # Then
        sent, refused, _refused_again = exported.get_finished_spans()
        assert sent.context
        sent_headers = dict(kafka.producers[0].sent[0]["headers"])
        own = f"{TRACE_CONTEXT.traceparent[:35]}-{sent.context.span_id:016x}-01"
        assert sent_headers["ce_traceparent"].decode() == own
        assert sent.status.status_code is StatusCode.UNSET
        assert refused.status.status_code is StatusCode.ERROR
        assert refused.attributes
        assert refused.attributes["error.type"] == "MessageSizeTooLargeError"

    async def test_connects_when_there_is_something_to_send(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        assert kafka.producers == []

    async def test_keeps_its_producer_while_sends_succeed(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        await sender.send([message(1)])
        await sender.send([message(2)])
        assert len(kafka.producers) == 1

    async def test_reports_a_refused_message_and_replaces_the_producer(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # Given
        kafka.refuses = {an_id(2).encode()}
        # When / Then
        assert await sender.send([message(1), message(2), message(3)]) == [
            ACKNOWLEDGED,
            REFUSED,
            ACKNOWLEDGED,
        ]
        assert kafka.producers[0].stopped
        assert await sender.send([message(3)]) == [ACKNOWLEDGED]
        assert [producer.stopped for producer in kafka.producers] == [True, True, False]

    async def test_finds_the_message_for_which_the_broker_refuses_a_whole_batch(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # Given
        messages = [message(number) for number in range(100)]
        kafka.refuses_batches_with = an_id(77).encode()
        # When
        results = await sender.send(messages)
        # Then
        expected = [ACKNOWLEDGED] * 100
        expected[77] = REFUSED
        assert results == expected
        assert len(kafka.producers) < 20

    async def test_reports_all_messages_if_the_broker_is_unavailable(
        self, sender: KafkaSender, kafka: Kafka
    ) -> None:
        # Given
        kafka.away = True
        # When / Then
        assert await sender.send([message(1), message(2)]) == [UNAVAILABLE, UNAVAILABLE]
        kafka.away = False
        assert await sender.send([message(1)]) == [ACKNOWLEDGED]

    async def test_gives_up_after_a_timeout(
        self, sender: KafkaSender, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(module, "SEND_SECONDS", 0.01)
        kafka.hangs = True
        # When / Then
        assert await asyncio.wait_for(sender.send([message(1)]), 5) == [UNAVAILABLE]


class TestClose:
    async def test_disconnects_once(self, sender: KafkaSender, kafka: Kafka) -> None:
        # Given
        await sender.send([message(1)])
        # When
        await sender.close()
        await sender.close()
        # Then
        assert kafka.producers[0].stopped

    async def test_tolerates_an_unavailable_broker(self, sender: KafkaSender, kafka: Kafka) -> None:
        await sender.send([message(1)])
        kafka.stop_fails = True
        await sender.close()
        assert kafka.producers[0].stopped
