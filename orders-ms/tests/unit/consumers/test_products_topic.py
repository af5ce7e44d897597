from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from orders.consumers import products_topic as module
from orders.consumers.products_topic import ProductsTopic, products_topic
from shopkit.contract.events import OrderCancel, ProductUpdate
from shopkit.messaging import batch_reader
from shopkit.messaging.envelope import headers, wrap
from shopkit.messaging.undecodable import UndecodableBatch
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id, state

POISON = SimpleNamespace()
EMPTY, FULL = TopicPartition("shop.products", 0), TopicPartition("shop.products", 1)


class Kafka:
    """Stands in for the broker and its consumer."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.position_of = {EMPTY: 0, FULL: 0}
        self.options: dict[str, Any] = {}
        self.running = False

    def __call__(self, topic: str, **options: Any) -> "Kafka":
        self.options = {"topic": topic, **options}
        return self

    def write(self, version: int) -> None:
        event = ProductUpdate(product=state(1, version=version))
        sent = wrap(event, source="products-ms", time=NOON, trace_context=TRACE_CONTEXT)
        self.log.append(
            SimpleNamespace(headers=tuple(headers(sent)), value=sent.value, offset=len(self.log))
        )

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    def assignment(self) -> set[TopicPartition]:
        return {EMPTY, FULL}

    async def end_offsets(self, _partitions: Any) -> dict[TopicPartition, int]:
        return {EMPTY: 0, FULL: len(self.log)}

    async def position(self, partition: TopicPartition) -> int:
        return self.position_of[partition]

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, Any]:
        if partitions and FULL not in partitions:
            return {}
        start = self.position_of[FULL]
        end = min(start + min(max_records, 2), len(self.log))
        found = self.log[start:end]
        if POISON in found:
            # aiokafka moves on, or not, and returns nothing of what it has read.
            self.position_of[FULL] = end if max_records > 1 else start
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        self.position_of[FULL] = end
        return {FULL: found} if found else {}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.position_of[partition] = offset

    async def seek_to_beginning(self, partition: TopicPartition) -> None:
        self.position_of[partition] = 0


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr(module, "AIOKafkaConsumer", kafka)
    return kafka


async def read(topic: ProductsTopic) -> list[int]:
    return [
        delivery.event.state.version
        async for deliveries in topic.read_to_end()
        for delivery in deliveries
    ]


class TestReadToEnd:
    async def test_reads_everything_and_then_only_new_events(self, kafka: Kafka) -> None:
        # Given
        for version in (1, 2, 3):
            kafka.write(version)
        # When / Then
        async with products_topic({"bootstrap_servers": "kafka:9092"}) as topic:
            assert await read(topic) == [1, 2, 3]
            assert await read(topic) == []
            kafka.write(4)
            assert await read(topic) == [4]
        assert not kafka.running

    async def test_counts_and_skips_messages_without_a_product_event(self, kafka: Kafka) -> None:
        # Given: an undecodable message, and an event of another topic.
        kafka.write(1)
        kafka.log.append(SimpleNamespace(headers=(), value=None, offset=1))
        cancel = OrderCancel(order_id=an_id(7))
        sent = wrap(cancel, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
        kafka.log.append(SimpleNamespace(headers=tuple(headers(sent)), value=sent.value, offset=2))
        kafka.write(3)
        # When / Then
        async with products_topic({"bootstrap_servers": "kafka:9092"}) as topic:
            assert await read(topic) == [1, 3]
            assert topic.skipped == 2

    @pytest.mark.parametrize("before", [0, 1, 2, 3])
    async def test_skips_a_batch_that_the_client_cannot_decode(
        self, kafka: Kafka, before: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        for version in range(1, before + 1):
            kafka.write(version)
        kafka.log.append(POISON)
        kafka.write(9)

        async def read_undecodable(*_arguments: Any) -> UndecodableBatch:
            error = ValueError("not UTF-8")
            return UndecodableBatch(FULL.topic, FULL.partition, before, before, b"", error)

        monkeypatch.setattr(batch_reader, "read_undecodable", read_undecodable)
        # When / Then
        async with products_topic({"bootstrap_servers": "kafka:9092"}) as topic:
            assert await read(topic) == [*range(1, before + 1), 9]
            assert topic.skipped == 1

    async def test_joins_no_group_and_starts_at_the_beginning(self, kafka: Kafka) -> None:
        async with products_topic({"bootstrap_servers": "kafka:9092"}):
            assert kafka.options["topic"] == "shop.products"
            assert kafka.options["group_id"] is None
            assert kafka.options["auto_offset_reset"] == "earliest"
