import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    CorruptRecordException,
    IllegalStateError,
    KafkaConnectionError,
    UnsupportedCodecError,
)
from pymongo.errors import AutoReconnect

from shopkit.checks import PausedError
from shopkit.contract.events import OrderCancel, OrderCreate, OrderLine, OrderSnapshot
from shopkit.messaging import batch_reader
from shopkit.messaging import consumer as module
from shopkit.messaging.batch_processor import BatchProcessor
from shopkit.messaging.consumer import LOOK_SECONDS, Consumer, StuckError, Subscription
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.envelope import BrokenRuleError, Delivery, Event, headers, wrap
from shopkit.messaging.handlers import Handler, HandlerTable
from shopkit.messaging.pauses import PauseRepository, resume
from shopkit.messaging.undecodable import UndecodableBatch
from shopkit.storage.mongo import Database, is_temporary
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.tracing import context

TOPIC = "shop.orders"
RELEASE = "release-1"
ONE, TWO = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
SUBSCRIPTION = Subscription(
    {"bootstrap_servers": "kafka:9092"}, TOPIC, "products-ms", "products-ms-1"
)


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
        self.committed_offsets: dict[TopicPartition, int] = {}
        self.steps: list[str] = []
        self.options: dict[str, Any] = {}
        self.start_errors: list[Exception] = []
        self.poll_errors: list[BaseException] = []
        self.commit_error: Exception | None = None
        self.end_offset_errors: list[Exception] = []
        self.undecodable: dict[tuple[TopicPartition, int], Exception] = {}
        self.stop_error: Exception | None = None

    def __call__(self, **options: Any) -> "Kafka":
        self.options = options
        return self

    def subscribe(self, topics: Sequence[str], listener: ConsumerRebalanceListener) -> None:
        self.topics, self.listener = topics, listener

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
        self, *partitions: TopicPartition, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        self.steps.append("poll")
        await asyncio.sleep(0)
        if self.poll_errors:
            raise self.poll_errors.pop(0)
        found = {}
        for partition in sorted(set(partitions or self.owned) - self.stopped_partitions):
            start = self.positions[partition]
            records = self.logs[partition][start : start + max_records]
            # As in aiokafka, the position stays, and what was read is lost.
            for record in records:
                if error := self.undecodable.get((partition, record.offset)):
                    raise error
            if records:
                found[partition] = records
                self.positions[partition] += len(records)
                max_records -= len(records)
        return found

    async def committed(self, partition: TopicPartition) -> int | None:
        return self.committed_offsets.get(partition)

    async def seek_to_beginning(self, partition: TopicPartition) -> None:
        self.positions[partition] = 0

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        if self.end_offset_errors:
            raise self.end_offset_errors.pop(0)
        return {partition: len(self.logs[partition]) for partition in partitions}

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
        self.committed_offsets |= offsets


class Applied:
    """Applies events to nothing, and fails as it is told to."""

    def __init__(self, kafka: Kafka) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.origins: list[str] = []
        self.answered: list[tuple[bytes | None, str]] = []
        self.answer_origins: list[str] = []
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
        self.answer_origins.append(context.current_request_id())
        return self.answers


class Failing:
    """Processes nothing, and does something instead."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    async def process(self, _received: Iterable[Any]) -> None:
        self.act()


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
def letters(database: Database, clock: FakeClock) -> DeadLetterRepository:
    return DeadLetterRepository(database, clock, RELEASE)


@pytest.fixture
def pauses(database: Database, clock: FakeClock) -> PauseRepository:
    return PauseRepository(database, RELEASE, clock)


@pytest.fixture
async def consumer(
    kafka: Kafka,
    applied: Applied,
    letters: DeadLetterRepository,
    pauses: PauseRepository,
    seconds: Seconds,
) -> Consumer:
    """Connected."""
    table = HandlerTable(
        {
            OrderCreate: Handler(applied, answer=applied.answer),
            OrderCancel: Handler(applied),
        }
    )
    processor = BatchProcessor(table, letters, pauses, is_temporary)
    consumer = Consumer(SUBSCRIPTION, processor, pauses, is_temporary, seconds)
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
        assert kafka.topics == [TOPIC]
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
        assert kafka.committed_offsets == {ONE: 4, TWO: 1}

    async def test_activates_the_trace_context_of_the_event(
        self, consumer: Consumer, kafka: Kafka, applied: Applied
    ) -> None:
        kafka.write(create(1))
        await consumer.run_once()
        assert applied.origins == ["request-1"]

    async def test_activates_the_trace_context_of_a_message_that_is_set_aside(
        self, consumer: Consumer, kafka: Kafka, applied: Applied
    ) -> None:
        # Given
        kafka.write(create(1))
        kafka.write(create(2), value=b"{", headers=[("ce_type", b"OrderCreate")])
        # When
        await consumer.run_once()
        # Then
        assert applied.answer_origins == [""]

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

    async def test_commits_at_most_twice_a_second(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1))
        await consumer.run_once()
        # When
        for number in (2, 3):
            kafka.write(create(number))
            await consumer.run_once()
        seconds.now += 0.49
        await consumer.run_once()
        # Then
        assert len(applied.batches) == 3
        assert kafka.committed_offsets == {ONE: 1}
        # When
        seconds.now += 0.02
        await consumer.run_once()
        # Then, although nothing arrived
        assert kafka.committed_offsets == {ONE: 3}
        assert kafka.steps.count("commit") == 2

    async def test_commits_before_a_rebalance_takes_partitions_away(
        self, consumer: Consumer, kafka: Kafka
    ) -> None:
        # Given
        for number in (1, 2):
            kafka.write(create(number))
            await consumer.run_once()
        # When
        await kafka.listener.on_partitions_revoked([ONE, TWO])
        # Then
        assert kafka.committed_offsets == {ONE: 2}

    async def test_commits_before_it_disconnects(self, consumer: Consumer, kafka: Kafka) -> None:
        # Given
        for number in (1, 2):
            kafka.write(create(number))
            await consumer.run_once()
        kafka.steps.clear()
        # When
        await consumer.disconnect()
        # Then
        assert kafka.steps == ["commit", "stop"]
        assert kafka.committed_offsets == {ONE: 2}

    async def test_disconnects_although_the_commit_fails(
        self, consumer: Consumer, kafka: Kafka
    ) -> None:
        # Given
        for number in (1, 2):
            kafka.write(create(number))
            await consumer.run_once()
        kafka.commit_error = KafkaConnectionError()
        # When
        await consumer.disconnect()
        # Then
        assert kafka.steps[-1] == "stop"
        assert kafka.committed_offsets == {ONE: 1}

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
        assert kafka.committed_offsets == {}

    async def test_does_not_commit_revoked_partitions(
        self, kafka: Kafka, pauses: PauseRepository, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1), ONE)
        kafka.write(create(2), TWO)
        remaining = [{TWO}, set[TopicPartition]()]

        def lose_partitions() -> None:
            kafka.owned = remaining.pop(0)

        processor = Failing(lose_partitions)
        consumer = Consumer(SUBSCRIPTION, processor, pauses, is_temporary, seconds)
        await consumer.connect()
        # When
        await consumer.run_once()
        # Then
        assert kafka.committed_offsets == {TWO: 1}
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
        assert kafka.committed_offsets == {}
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
        assert kafka.committed_offsets == {ONE: 1}

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

    async def test_does_not_seek_revoked_partitions(
        self, kafka: Kafka, pauses: PauseRepository, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(create(1))

        def lose_a_partition_and_fail() -> None:
            kafka.owned = {TWO}
            raise AutoReconnect

        processor = Failing(lose_a_partition_and_fail)
        consumer = Consumer(SUBSCRIPTION, processor, pauses, is_temporary, seconds)
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
            pauses.append(round(consumer.waits_until - seconds.now, 3))
            seconds.now = consumer.waits_until
        # Then
        assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
        # When
        await consumer.run_once()
        applied.failures = 1
        kafka.write(create(2))
        await consumer.run_once()
        # Then the backoff starts from the beginning after a success
        assert consumer.waits_until == seconds.now + 0.2


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
            (0, 1, "This service does not handle events of the type Strange."),
            (0, 2, "This service does not handle events of a type without a name."),
        ]
        assert kafka.steps[-1] == "commit"
        assert kafka.committed_offsets == {ONE: 4}

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
            (0, 0, "This service does not handle events of the type OrderStatusUpdate.")
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
        assert await parked() == [(0, 1, "two is contrary")]
        assert kafka.committed_offsets == {ONE: 3}

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
        assert kafka.committed_offsets == {ONE: 2}

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
        assert kafka.committed_offsets == {}
        assert kafka.positions[ONE] == 0


async def stored_pauses(database: Database) -> list[tuple[str, str, str, str]]:
    found = database["consumers"].find({"resumed_at": {"$exists": False}}).sort("_id", 1)
    return [(row["topic"], row["release"], row["kind"], row["reason"]) async for row in found]


class TestPause:
    async def test_pauses_on_an_unexpected_error(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        database: Database,
        parked: Callable[[], Any],
        counted: Callable[..., float],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        kafka.write(create(1))
        kafka.write(create(2))
        kafka.write(create(3))
        applied.broken = {an_id(2): TypeError("a bad release")}
        # When
        for _ in range(3):
            await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCreate", [an_id(1)])]
        assert (applied.answered, await parked()) == ([], [])
        assert (kafka.committed_offsets, kafka.positions[ONE]) == ({}, 0)
        assert kafka.stopped_partitions == {ONE, TWO}
        assert kafka.steps[-2:] == ["poll", "poll"]
        assert await stored_pauses(database) == [
            (TOPIC, RELEASE, "fault", "TypeError: a bad release")
        ]
        assert counted("consumer_paused", topic=TOPIC) == 1
        with pytest.raises(PausedError):
            await consumer.check()
        assert capsys.readouterr().out.count("consumer paused") == 1

    async def test_reads_the_batch_again_when_it_is_resumed(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        database: Database,
        seconds: Seconds,
        clock: FakeClock,
        counted: Callable[..., float],
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.broken = {an_id(1): TypeError()}
        await consumer.run_once()
        applied.broken = {}
        # When
        seconds.now += 3_600
        await consumer.run_once()
        assert applied.batches == []
        assert await resume(database, None, clock) == [TOPIC]
        seconds.now += LOOK_SECONDS - 0.1
        await consumer.run_once()
        assert applied.batches == []
        seconds.now += 0.1
        await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCreate", [an_id(1)])]
        assert kafka.committed_offsets == {ONE: 1}
        assert counted("consumer_paused", topic=TOPIC) == 0
        await consumer.check()

    async def test_is_not_stuck_when_it_is_resumed(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        database: Database,
        seconds: Seconds,
        clock: FakeClock,
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.broken = {an_id(1): TypeError()}
        await consumer.run_once()
        seconds.now += 3_600
        # When
        await resume(database, TOPIC, clock)
        applied.broken, applied.failures = {}, 1
        await consumer.run_once()
        # Then
        await consumer.check()

    @pytest.mark.parametrize(("release", "applies"), [(RELEASE, False), ("release-2", True)])
    async def test_holds_for_all_replicas_and_restarts_of_the_same_release(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        database: Database,
        clock: FakeClock,
        seconds: Seconds,
        release: str,
        applies: bool,
    ) -> None:
        # Given
        kafka.write(cancel(1))
        applied.broken = {an_id(1): TypeError()}
        await consumer.run_once()
        applied.broken = {}
        # When
        pauses = PauseRepository(database, release, clock)
        letters = DeadLetterRepository(database, clock, release)
        table = HandlerTable({OrderCancel: Handler(applied)})
        processor = BatchProcessor(table, letters, pauses, is_temporary)
        another = Consumer(SUBSCRIPTION, processor, pauses, is_temporary, seconds)
        await another.connect()
        await another.run_once()
        # Then
        assert bool(applied.batches) is applies
        assert kafka.committed_offsets == ({ONE: 1} if applies else {})

    async def test_retries_if_the_pause_cannot_be_stored(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        pauses: PauseRepository,
        monkeypatch: pytest.MonkeyPatch,
        seconds: Seconds,
    ) -> None:
        # Given
        async def unavailable(*_: Any) -> None:
            raise AutoReconnect

        kafka.write(create(1))
        applied.broken = {an_id(1): TypeError()}
        with monkeypatch.context() as patch:
            patch.setattr(pauses, "add", unavailable)
            # When
            await consumer.run_once()
        # Then
        assert (kafka.positions[ONE], kafka.committed_offsets) == (0, {})
        assert consumer.waits_until == seconds.now + 0.2
        await consumer.check()

    async def test_waits_while_the_database_does_not_tell_whether_it_is_paused(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        pauses: PauseRepository,
        monkeypatch: pytest.MonkeyPatch,
        seconds: Seconds,
    ) -> None:
        # Given
        async def unavailable(_topic: str) -> bool:
            raise AutoReconnect

        kafka.write(create(1))
        with monkeypatch.context() as patch:
            patch.setattr(pauses, "is_paused", unavailable)
            # When
            await consumer.run_once()
        # Then
        assert applied.batches == []
        assert kafka.steps == ["poll"]
        # When
        seconds.now += 0.2
        await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCreate", [an_id(1)])]


class TestDeadLetterLimit:
    def write(self, kafka: Kafka, first: int, count: int) -> None:
        for number in range(first, first + count):
            kafka.write(key=str(number).encode())

    async def test_pauses_at_more_than_100_dead_letters_within_a_minute(
        self, consumer: Consumer, kafka: Kafka, database: Database, parked: Callable[[], Any]
    ) -> None:
        # Given
        self.write(kafka, 0, 150)
        # When
        for _ in range(3):
            await consumer.run_once()
        # Then
        assert len(await parked()) == 101
        assert kafka.committed_offsets == {}
        reason = (
            "TooManyDeadLettersError: more than 100 messages became dead letters within a minute"
        )
        assert await stored_pauses(database) == [(TOPIC, RELEASE, "too many dead letters", reason)]

    async def test_starts_to_count_afresh_when_it_is_resumed(
        self,
        consumer: Consumer,
        kafka: Kafka,
        database: Database,
        seconds: Seconds,
        clock: FakeClock,
        parked: Callable[[], Any],
    ) -> None:
        # Given
        self.write(kafka, 0, 150)
        await consumer.run_once()
        # When
        clock.advance(seconds=1)
        await resume(database, TOPIC, clock)
        clock.advance(seconds=1)
        seconds.now += LOOK_SECONDS
        await consumer.run_once()
        # Then
        assert len(await parked()) == 150
        assert kafka.committed_offsets == {ONE: 150}

    async def test_counts_what_another_replica_of_the_release_has_parked(
        self,
        consumer: Consumer,
        kafka: Kafka,
        database: Database,
        letters: DeadLetterRepository,
        clock: FakeClock,
    ) -> None:
        # Given
        others = DeadLetterRepository(database, clock, "release-0")
        for number in range(100):
            await letters.add(Record(TOPIC, 1, number, str(number).encode(), b"", ()), "why")
            await others.add(Record(TOPIC, 1, number, str(number).encode(), b"x", ()), "why")
        self.write(kafka, 0, 1)
        # When
        await consumer.run_once()
        # Then
        assert len(await stored_pauses(database)) == 1

    async def test_ignores_what_another_release_has_parked(
        self, consumer: Consumer, kafka: Kafka, database: Database, clock: FakeClock
    ) -> None:
        # Given
        others = DeadLetterRepository(database, clock, "release-0")
        for number in range(100):
            await others.add(Record(TOPIC, 1, number, str(number).encode(), b"x", ()), "why")
        self.write(kafka, 0, 1)
        # When
        await consumer.run_once()
        # Then
        assert kafka.committed_offsets == {ONE: 1}

    async def test_tolerates_the_same_number_over_a_longer_time(
        self, consumer: Consumer, kafka: Kafka, clock: FakeClock, parked: Callable[[], Any]
    ) -> None:
        # Given
        self.write(kafka, 0, 100)
        await consumer.run_once()
        clock.advance(seconds=60)
        self.write(kafka, 100, 1)
        # When
        await consumer.run_once()
        await consumer.disconnect()
        # Then
        assert len(await parked()) == 101
        assert kafka.committed_offsets == {ONE: 101}


class TestUndecodable:
    """`read_undecodable` itself is tested with a real broker, in tests/integration."""

    @pytest.fixture(autouse=True)
    def read(self, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
        """The batch reaches from the message that cannot be decoded to the one behind it."""

        async def read_undecodable(
            _kafka: Kafka, partition: TopicPartition, error: Exception
        ) -> UndecodableBatch:
            offset = kafka.positions[partition]
            return UndecodableBatch(
                TOPIC, partition.partition, offset, offset + 1, b"\xffbytes", error
            )

        monkeypatch.setattr(batch_reader, "read_undecodable", read_undecodable)

    async def test_parks_the_bytes_and_continues_behind_them(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, database: Database
    ) -> None:
        # Given: two messages that can be decoded, the batch, and another message
        for number in range(5):
            kafka.write(cancel(number), ONE)
        kafka.write(cancel(9), TWO)
        kafka.undecodable = {(ONE, 2): UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")}
        # When
        for _ in range(3):
            await consumer.run_once()
        await consumer.disconnect()
        # Then
        assert applied.batches == [
            ("OrderCancel", [an_id(0), an_id(1)]),
            ("OrderCancel", [an_id(9)]),
            ("OrderCancel", [an_id(4)]),
        ]
        assert kafka.committed_offsets == {ONE: 5, TWO: 1}
        [letter] = await database["dead_letters"].find().to_list()
        assert (letter["partition"], letter["offset"], letter["last_offset"]) == (0, 2, 3)
        assert bytes(letter["value"]) == b"\xffbytes"
        assert letter["reason"].startswith(
            "The Kafka client cannot decode the messages from offset 2 to 3: UnicodeDecodeError"
        )

    async def test_loses_nothing_of_other_partitions(
        self, consumer: Consumer, kafka: Kafka, applied: Applied
    ) -> None:
        # Given: the failing call has moved the first partition on, as aiokafka does
        kafka.write(cancel(1), ONE)
        kafka.write(cancel(2), TWO)
        kafka.committed_offsets, kafka.positions[ONE] = {TWO: 0}, 1
        kafka.poll_errors = [CorruptRecordException()]
        # When
        for _ in range(2):
            await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCancel", [an_id(1), an_id(2)])]

    async def test_reads_it_again_after_a_temporary_error(
        self,
        consumer: Consumer,
        kafka: Kafka,
        letters: DeadLetterRepository,
        seconds: Seconds,
        monkeypatch: pytest.MonkeyPatch,
        parked: Callable[[], Any],
    ) -> None:
        # Given
        async def unavailable(_record: Record, _reason: str) -> bool:
            raise AutoReconnect

        kafka.write(cancel(1))
        kafka.write(cancel(2))
        kafka.undecodable = {(ONE, 0): UnsupportedCodecError()}
        with monkeypatch.context() as patch:
            patch.setattr(letters, "add", unavailable)
            # When
            await consumer.run_once()
            await consumer.run_once()
        # Then
        assert (kafka.positions[ONE], kafka.committed_offsets) == (0, {})
        # When
        for _ in range(2):
            seconds.now += 10
            await consumer.run_once()
        # Then
        assert [offset for _, offset, _ in await parked()] == [0]
        assert kafka.committed_offsets == {ONE: 2}

    async def test_is_met_during_a_pause_as_well(
        self, consumer: Consumer, kafka: Kafka, applied: Applied, seconds: Seconds
    ) -> None:
        # Given
        kafka.write(cancel(1))
        applied.failures = 1
        await consumer.run_once()
        kafka.poll_errors = [CorruptRecordException()]
        # When
        await consumer.run_once()
        seconds.now += 1
        await consumer.run_once()
        # Then
        assert applied.batches == [("OrderCancel", [an_id(1)])]


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

    @pytest.mark.parametrize("error", [KafkaConnectionError(), TimeoutError()])
    async def test_passes_if_the_broker_does_not_answer(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        seconds: Seconds,
        error: Exception,
    ) -> None:
        # Given
        kafka.write(create(1))
        applied.failures = 1
        await consumer.run_once()
        seconds.now += 1_000
        kafka.end_offset_errors = [error]
        # When / Then
        await consumer.check()
        with pytest.raises(StuckError):
            await consumer.check()

    async def test_passes_if_it_is_not_connected(
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
        await self.run_until(consumer, lambda: kafka.committed_offsets == {ONE: 1})
        # Then
        assert applied.batches == [("OrderCreate", [an_id(1)])]
        assert kafka.steps[-1] == "stop"
        assert counted("consumer_up", topic=TOPIC) == 0

    @pytest.mark.usefixtures("ended")
    async def test_reconnects_with_backoff_if_the_broker_becomes_unavailable(
        self,
        consumer: Consumer,
        kafka: Kafka,
        applied: Applied,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        kafka.write(create(1))
        kafka.poll_errors = [KafkaConnectionError()]
        kafka.start_errors = [KafkaConnectionError(), OSError("no route")]
        kafka.stop_error = KafkaConnectionError()
        slept: list[float] = []

        async def sleep_unless(_stopping: asyncio.Event, seconds: float) -> None:
            slept.append(seconds)

        monkeypatch.setattr(module, "sleep_unless", sleep_unless)
        # When
        await self.run_until(consumer, lambda: kafka.committed_offsets == {ONE: 1})
        # Then
        assert [seconds for seconds in slept if seconds] == [0.2, 0.4, 0.8]
        assert applied.batches == [("OrderCreate", [an_id(1)])]

    @pytest.mark.usefixtures("ended")
    async def test_an_unexpected_error_ends_it(self, consumer: Consumer, kafka: Kafka) -> None:
        kafka.poll_errors = [ZeroDivisionError()]
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(consumer.run(), 5)
        assert kafka.steps == ["poll", "stop"]

    async def test_finishes_and_commits_its_batch_when_it_is_stopped(
        self, kafka: Kafka, applied: Applied, pauses: PauseRepository
    ) -> None:
        # Given
        kafka.write(create(1))
        processor = Failing(lambda: None)
        consumer = Consumer(SUBSCRIPTION, processor, pauses, is_temporary)
        processor.act = consumer.stop
        # When
        await asyncio.wait_for(consumer.run(), 5)
        # Then
        assert kafka.steps == ["start", "poll", "commit", "stop"]
        assert not consumer.connected
        assert kafka.committed_offsets == {ONE: 1}

    async def test_ends_at_once_if_it_is_stopped_without_a_broker(
        self, consumer: Consumer, kafka: Kafka
    ) -> None:
        # Given
        await consumer.disconnect()
        kafka.start_errors = [KafkaConnectionError() for _ in range(100)]
        running = asyncio.create_task(consumer.run())
        await until(lambda: len(kafka.start_errors) == 99)
        # When
        consumer.stop()
        # Then
        async with asyncio.timeout(0.1):
            await running

    async def test_a_cancellation_does_not_cut_off_leaving_the_group(
        self, consumer: Consumer, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        left, steps = asyncio.Event(), list[str]()

        async def stop() -> None:
            steps.append("leaving")
            await left.wait()
            steps.append("left")

        monkeypatch.setattr(kafka, "stop", stop)
        running = asyncio.create_task(consumer.run())
        await until(lambda: "poll" in kafka.steps)
        # When
        for _ in range(3):
            running.cancel()
            await asyncio.sleep(0.001)
        left.set()
        # Then
        with pytest.raises(asyncio.CancelledError):
            await running
        assert steps == ["leaving", "left"]

    async def test_ends_although_the_broker_does_not_let_it_leave(
        self, consumer: Consumer, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        async def hang() -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(module, "LEAVE_SECONDS", 0.01)
        monkeypatch.setattr(kafka, "stop", hang)
        consumer.stop()
        # When / Then
        async with asyncio.timeout(5):
            await consumer.run()
