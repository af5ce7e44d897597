import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError
from pymongo.errors import AutoReconnect

from shopkit.contract.events import OrderCancel, OrderCreate, OrderLine, OrderSnapshot
from shopkit.messaging import consumer as module
from shopkit.messaging.batch_processor import BatchProcessor, TooManyDeadLettersError
from shopkit.messaging.consumer import Consumer, StuckError, Subscription
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.envelope import BrokenRuleError, Delivery, Event, headers, wrap
from shopkit.messaging.handlers import Handler, HandlerTable
from shopkit.storage.mongo import Database, is_temporary
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.tracing import context

TOPIC = "shop.orders"
ONE, TWO = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
SUBSCRIPTION = Subscription("kafka:9092", TOPIC, "products-ms", "products-ms-1")


def create(number: int) -> OrderCreate:
    line = OrderLine(product_id=an_id(1), name="spoon", price_cents=1, quantity=1)
    return OrderCreate(order=OrderSnapshot(id=an_id(number), lines=(line,)))


def cancel(number: int) -> OrderCancel:
    return OrderCancel(order_id=an_id(number))


class Kafka:
    """Stands in for the broker and its one consumer: a partition is a list of records."""

    def __init__(self) -> None:
        self.logs: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = {ONE: [], TWO: []}
        self.positions = {ONE: 0, TWO: 0}
        self.owned = {ONE, TWO}
        self.stopped_partitions: set[TopicPartition] = set()
        self.committed: dict[TopicPartition, int] = {}
        self.steps: list[str] = []
        self.options: dict[str, Any] = {}
        self.start_errors: list[Exception] = []
        self.poll_errors: list[BaseException] = []
        self.commit_error: Exception | None = None
        self.stop_error: Exception | None = None

    def __call__(self, topic: str, **options: Any) -> "Kafka":
        self.options = {"topic": topic, **options}
        return self

    def write(
        self,
        event: Event | None = None,
        partition: TopicPartition = ONE,
        **changed: Any,
    ) -> None:
        """Append an event, or a message of which parts are said."""
        parts: dict[str, Any] = {"key": b"key", "value": b"{}", "headers": []}
        if event:
            sent = wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
            parts = {"key": sent.key.encode(), "value": sent.value, "headers": headers(sent)}
        parts |= changed
        self.logs[partition].append(
            ConsumerRecord(
                topic=TOPIC,
                partition=partition.partition,
                offset=len(self.logs[partition]),
                timestamp=0,
                timestamp_type=0,
                checksum=None,
                serialized_key_size=0,
                serialized_value_size=0,
                **parts,
            )
        )

    async def start(self) -> None:
        self.steps.append("start")
        if self.start_errors:
            raise self.start_errors.pop(0)

    async def stop(self) -> None:
        self.steps.append("stop")
        if self.stop_error:
            raise self.stop_error

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        self.steps.append("poll")
        await asyncio.sleep(0)
        if self.poll_errors:
            raise self.poll_errors.pop(0)
        found = {}
        for partition in sorted(self.owned - self.stopped_partitions):
            start = self.positions[partition]
            records = self.logs[partition][start : start + max_records]
            if records:
                found[partition] = records
                self.positions[partition] += len(records)
        return found

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.owned)

    def paused(self) -> frozenset[TopicPartition]:
        return frozenset(self.stopped_partitions)

    def pause(self, *partitions: TopicPartition) -> None:
        self.stopped_partitions |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.stopped_partitions -= set(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert partition in self.owned
        self.positions[partition] = offset

    def highwater(self, partition: TopicPartition) -> int | None:
        assert partition in self.owned
        return len(self.logs[partition]) or None

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.steps.append("commit")
        if self.commit_error:
            raise self.commit_error
        self.committed |= offsets


class Applied:
    """Applies events to nothing, and fails as it is told to."""

    def __init__(self, kafka: Kafka) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.origins: list[str] = []
        self.answered: list[tuple[bytes | None, str]] = []
        self.answers = True
        self.broken: dict[str, Exception] = {}
        self.failures = 0
        self._kafka = kafka

    async def __call__(self, deliveries: Sequence[Delivery[Any]]) -> None:
        self._kafka.steps.append("apply")
        self.origins.append(context.current_request_id())
        if self.failures:
            self.failures -= 1
            raise AutoReconnect("the database is down")
        for delivery in deliveries:
            if delivery.event.key in self.broken:
                raise self.broken[delivery.event.key]
        keys = [delivery.event.key for delivery in deliveries]
        self.batches.append((deliveries[0].event.type, keys))

    async def answer(self, record: Record, error: Exception) -> bool:
        self.answered.append((record.key, str(error)))
        return self.answers


class Seconds:
    """A monotonic clock that stands still."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr(module, "AIOKafkaConsumer", kafka)
    return kafka


@pytest.fixture
def applied(kafka: Kafka) -> Applied:
    return Applied(kafka)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def letters(database: Database) -> DeadLetterRepository:
    return DeadLetterRepository(database)


@pytest.fixture
async def consumer(
    kafka: Kafka, applied: Applied, letters: DeadLetterRepository, seconds: Seconds
) -> Consumer:
    """Connected."""
    table = HandlerTable(
        {
            OrderCreate: Handler(applied, answer=applied.answer),
            OrderCancel: Handler(applied),
        }
    )
    processor = BatchProcessor(table, letters, is_temporary, seconds)
    consumer = Consumer(SUBSCRIPTION, processor.process, is_temporary, seconds)
    await consumer.connect()
    kafka.steps.clear()
    return consumer


@pytest.fixture
def parked(database: Database) -> Callable[[], Any]:
    async def parked() -> list[tuple[int, int, str]]:
        found = database["dead_letters"].find({}).sort([("partition", 1), ("offset", 1)])
        return [(row["partition"], row["offset"], row["reason"]) async for row in found]

    return parked


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


class TestConnect:
    async def test_reads_from_the_beginning_without_automatic_commits(
        self, consumer: Consumer, kafka: Kafka, counted: Callable[..., float]
    ) -> None:
        assert kafka.options["topic"] == TOPIC
        assert kafka.options["group_id"] == "products-ms"
        assert kafka.options["client_id"] == "products-ms-1"
        assert kafka.options["enable_auto_commit"] is False
        assert kafka.options["auto_offset_reset"] == "earliest"
        assert counted("consumer_up", topic=TOPIC) == 1

    async def test_stops_the_client_if_the_start_fails(
        self, consumer: Consumer, kafka: Kafka
    ) -> None:
        # Given
        await consumer.disconnect()
        kafka.steps.clear()
        kafka.start_errors = [KafkaConnectionError()]
        # When / Then
        with pytest.raises(KafkaConnectionError):
            await consumer.connect()
        assert kafka.steps == ["start", "stop"]


class TestApply:
    async def test_applies_runs_of_one_type_in_order_before_it_commits(
        self, consumer: Consumer, kafka: Kafka, applied: Applied
    ) -> None:
        # Given
        for event in (create(1), create(2), cancel(1), create(3)):
            kafka.write(event)
        kafka.write(cancel(4), TWO)
        # When
        await consumer.run_once()
        # Then
        assert applied.batches == [
            ("OrderCreate", [an_id(1), an_id(2)]),
            ("OrderCancel", [an_id(1)]),
            ("OrderCreate", [an_id(3)]),
            ("OrderCancel", [an_id(4)]),
        ]
        assert kafka.steps == ["poll", "apply", "apply", "apply", "apply", "commit"]
        assert kafka.committed == {ONE: 4, TWO: 1}

    async def test_activates_the_trace_context_of_the_event(
        self, consumer: Consumer, kafka: Kafka, applied: Applied
    ) -> None:
        kafka.write(create(1))
        await consumer.run_once()
        assert applied.origins == ["request-1"]

    async def test_counts_applied_events(
        self, consumer: Consumer, kafka: Kafka, counted: Callable[..., float]
    ) -> None:
        before = counted("events_applied_total", type="OrderCreate")
        kafka.write(create(1))
        kafka.write(create(2))
        await consumer.run_once()
        assert counted("events_applied_total", type="OrderCreate") == before + 2

    async def test_commits_nothing_if_nothing_arrived(
        self, consumer: Consumer, kafka: Kafka
    ) -> None:
        await consumer.run_once()
        assert kafka.steps == ["poll"]

    @pytest.mark.parametrize("error", [CommitFailedError(), IllegalStateError("not assigned")])
    async def test_tolerates_a_commit_after_a_rebalance(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, error: Exception
    ) -> None:
        # Given
        kafka.write(create(1))
        kafka.commit_error = error
        # When
        await consumer.run_once()
        # Then
        assert len(applied.batches) == 1
        assert kafka.committed == {}

    async def test_does_not_commit_revoked_partitions(self, kafka: Kafka, seconds: Seconds) -> None:
        # Given
        kafka.write(create(1), ONE)
        kafka.write(create(2), TWO)
        remaining = [{TWO}, set[TopicPartition]()]

        async def lose_partitions(_records: Any) -> None:
            kafka.owned = remaining.pop(0)

        consumer = Consumer(SUBSCRIPTION, lose_partitions, is_temporary, seconds)
        await consumer.connect()
        # When
        await consumer.run_once()
        # Then
        assert kafka.committed == {TWO: 1}
        # Given
        kafka.write(create(3), TWO)
        kafka.steps.clear()
        # When
        await consumer.run_once()
        # Then
        assert kafka.steps == ["poll"]


class TestRetryLater:
    async def test_a_temporary_error_seeks_back_and_pauses_while_polling_continues(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        seconds: Seconds,
        parked: Callable[[], Any],
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.failures = 1
        # When
        await consumer.run_once()
        # Then
        assert kafka.positions[ONE] == 0
        assert kafka.committed == {}
        assert await parked() == []
        # When: the pause is 0.2 s at first.
        seconds.now += 0.199
        await consumer.run_once()
        # Then
        assert kafka.stopped_partitions == {ONE, TWO}
        assert kafka.steps == ["poll", "apply", "poll"]
        # When
        seconds.now += 0.002
        await consumer.run_once()
        # Then
        assert kafka.stopped_partitions == set()
        assert applied.batches == [("OrderCreate", [an_id(1)])]
        assert kafka.committed == {ONE: 1}

    async def test_puts_back_what_a_rebalance_assigns_during_a_pause(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.failures = 1
        await consumer.run_once()
        monkeypatch.setattr(kafka, "pause", lambda *_: None)
        # When
        await consumer.run_once()
        # Then
        assert kafka.positions[ONE] == 0
        assert kafka.steps.count("apply") == 1

    async def test_does_not_seek_revoked_partitions(self, kafka: Kafka, seconds: Seconds) -> None:
        # Given
        kafka.write(create(1))

        async def lose_a_partition_and_fail(_records: Any) -> None:
            kafka.owned = {TWO}
            raise AutoReconnect

        consumer = Consumer(SUBSCRIPTION, lose_a_partition_and_fail, is_temporary, seconds)
        await consumer.connect()
        # When
        await consumer.run_once()
        # Then
        assert kafka.positions[ONE] == 1

    async def test_doubles_the_pause_up_to_five_seconds(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.failures = 8
        pauses = []
        # When
        for _ in range(8):
            await consumer.run_once()
            pauses.append(round(consumer.paused_until - seconds.now, 3))
            seconds.now = consumer.paused_until
        # Then
        assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
        # When
        await consumer.run_once()
        applied.failures = 1
        kafka.write(create(2))
        await consumer.run_once()
        # Then the backoff starts from the beginning after a success
        assert consumer.paused_until == seconds.now + 0.2


class TestSetAside:
    async def test_sets_undecodable_messages_aside_and_applies_the_others(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        parked: Callable[[], Any],
    ) -> None:
        # Given
        kafka.write(cancel(1))
        kafka.write(headers=[("ce_type", b"Strange")])
        kafka.write(value=None, headers=[("ce_type", None)], key=None)
        kafka.write(cancel(2))
        # When
        await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCancel", [an_id(1)]), ("OrderCancel", [an_id(2)])]
        assert await parked() == [
            (0, 1, "UndecodableError: unexpected event type: Strange"),
            (0, 2, "UndecodableError: unexpected event type: "),
        ]
        assert kafka.steps[-1] == "commit"
        assert kafka.committed == {ONE: 4}

    async def test_sets_an_unexpected_event_type_aside(
        self, consumer: Consumer, kafka: Kafka, parked: Callable[[], Any]
    ) -> None:
        # Given
        sent = cancel(1)
        attributes = headers(wrap(sent, source="x", time=NOON, trace_context=TRACE_CONTEXT))
        attributes[2] = ("ce_type", b"OrderStatusUpdate")
        kafka.write(
            headers=attributes,
            value=b'{"order_id": "000000000000000000000001", "status": "ACCEPTED"}',
        )
        # When
        await consumer.run_once()
        # Then
        assert await parked() == [
            (0, 0, "UndecodableError: unexpected event type: OrderStatusUpdate")
        ]

    async def test_applies_the_events_of_a_failed_batch_one_by_one(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, parked: Callable[[], Any]
    ) -> None:
        # Given
        for number in (1, 2, 3):
            kafka.write(cancel(number))
        applied.broken = {an_id(2): BrokenRuleError("two is contrary")}
        # When
        await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCancel", [an_id(1)]), ("OrderCancel", [an_id(3)])]
        assert await parked() == [(0, 1, "BrokenRuleError: two is contrary")]
        assert kafka.committed == {ONE: 3}

    async def test_sets_a_repeated_message_aside_once(
        self, consumer: Consumer, kafka: Kafka, parked: Callable[[], Any]
    ) -> None:
        for _ in range(3):
            kafka.write()
        await consumer.run_once()
        assert [offset for _, offset, _ in await parked()] == [0]

    async def test_answers_a_message_if_its_sender_needs_an_answer(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, parked: Callable[[], Any]
    ) -> None:
        # Given
        kafka.write(create(1), value=b"{")
        kafka.write(create(2))
        applied.broken = {an_id(2): BrokenRuleError("no")}
        # When
        await consumer.run_once()
        # Then
        assert [key for key, _ in applied.answered] == [an_id(1).encode(), an_id(2).encode()]
        assert applied.answered[1][1] == "no"
        assert await parked() == []
        assert kafka.committed == {ONE: 2}

    async def test_sets_a_message_aside_if_it_cannot_be_answered(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, parked: Callable[[], Any]
    ) -> None:
        # Given
        applied.answers = False
        kafka.write(create(1), value=b"{", key=b"unreadable")
        # When
        await consumer.run_once()
        # Then
        assert [offset for _, offset, _ in await parked()] == [0]

    async def test_does_not_commit_a_message_that_could_not_be_set_aside(
        self,
        consumer: Consumer,
        kafka: Kafka,
        letters: DeadLetterRepository,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        async def unavailable(_record: Record, _reason: str) -> bool:
            raise AutoReconnect

        monkeypatch.setattr(letters, "add", unavailable)
        kafka.write()
        # When
        await consumer.run_once()
        # Then
        assert kafka.committed == {}
        assert kafka.positions[ONE] == 0

    async def test_fails_at_more_than_100_dead_letters_within_a_minute(
        self, consumer: Consumer, kafka: Kafka, parked: Callable[[], Any]
    ) -> None:
        # Given
        for number in range(101):
            kafka.write(key=str(number).encode())
        # When / Then
        with pytest.raises(TooManyDeadLettersError):
            await consumer.run_once()
        assert kafka.committed == {}

    async def test_tolerates_the_same_number_over_a_longer_time(
        self, consumer: Consumer, kafka: Kafka, seconds: Seconds, parked: Callable[[], Any]
    ) -> None:
        # Given
        for number in range(100):
            kafka.write(key=str(number).encode())
        await consumer.run_once()
        seconds.now += 60
        kafka.write(key=b"another")
        # When
        await consumer.run_once()
        # Then
        assert len(await parked()) == 101


class TestCheck:
    async def test_fails_if_messages_wait_for_more_than_a_minute(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.failures = 100
        await consumer.run_once()
        # When / Then
        seconds.now += 60
        await consumer.check()
        seconds.now += 0.1
        with pytest.raises(StuckError, match="messages are waiting and none was applied for 60 s"):
            await consumer.check()
        # When
        applied.failures = 0
        await consumer.run_once()
        # Then
        await consumer.check()

    async def test_passes_if_there_is_nothing_to_do(
        self, consumer: Consumer, kafka: Kafka, seconds: Seconds
    ) -> None:
        kafka.write(create(1))
        await consumer.run_once()
        seconds.now += 1_000
        await consumer.check()

    async def test_passes_if_the_broker_is_unavailable(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, seconds: Seconds
    ) -> None:
        kafka.write(create(1))
        applied.failures = 1
        await consumer.run_once()
        await consumer.disconnect()
        seconds.now += 1_000
        await consumer.check()

    async def test_ignores_messages_that_another_replica_has_read(
        self, consumer: Consumer, kafka: Kafka, seconds: Seconds
    ) -> None:
        # Given: a partition goes to another replica, which reads on, and comes back.
        kafka.write(create(1))
        await consumer.run_once()
        kafka.owned = {TWO}
        await consumer.run_once()
        kafka.write(create(2))
        kafka.owned, kafka.positions[ONE] = {ONE, TWO}, 2
        # When
        await consumer.run_once()
        seconds.now += 61
        # Then
        await consumer.check()

    async def test_ignores_messages_that_another_replica_read_during_an_outage(
        self, consumer: Consumer, kafka: Kafka, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1))
        await consumer.run_once()
        await consumer.disconnect()
        kafka.write(create(2))
        kafka.positions[ONE] = 2
        # When
        await consumer.connect()
        await consumer.run_once()
        seconds.now += 61
        # Then
        await consumer.check()


class TestRun:
    @pytest.fixture
    def ended(self, consumer: Consumer) -> Iterator[None]:
        yield
        assert not consumer.connected

    async def run_until(self, consumer: Consumer, condition: Callable[[], bool]) -> None:
        running = asyncio.create_task(consumer.run())
        await until(condition)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    @pytest.mark.usefixtures("ended")
    async def test_applies_messages_and_leaves_the_group_at_the_end(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        counted: Callable[..., float],
    ) -> None:
        # Given
        kafka.write(create(1))
        # When
        await self.run_until(consumer, lambda: kafka.committed == {ONE: 1})
        # Then
        assert applied.batches == [("OrderCreate", [an_id(1)])]
        assert kafka.steps[-1] == "stop"
        assert counted("consumer_up", topic=TOPIC) == 0

    @pytest.mark.usefixtures("ended")
    async def test_reconnects_with_backoff_if_the_broker_becomes_unavailable(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, slept: list[float]
    ) -> None:
        # Given
        kafka.write(create(1))
        kafka.poll_errors = [KafkaConnectionError()]
        kafka.start_errors = [KafkaConnectionError(), OSError("no route")]
        kafka.stop_error = KafkaConnectionError()
        # When
        await self.run_until(consumer, lambda: kafka.committed == {ONE: 1})
        # Then
        assert [pause for pause in slept if pause] == [0.2, 0.4, 0.8]
        assert applied.batches == [("OrderCreate", [an_id(1)])]

    @pytest.mark.usefixtures("ended")
    async def test_an_unexpected_error_ends_it(self, consumer: Consumer, kafka: Kafka) -> None:
        kafka.poll_errors = [ZeroDivisionError()]
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(consumer.run(), 5)
        assert kafka.steps == ["poll", "stop"]
