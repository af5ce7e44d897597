"""The consumer: reads Kafka in batches and commits offsets after what they led to is committed.

Modelled on getsentry/arroyo: `run` calls `_run_once`, a failed batch seeks back, and a limit on
dead letters keeps a bad release from draining a topic.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from prometheus_client import Counter, Gauge, Histogram

from shopkit.contract.events import Delivery, Event, UndecodableError, type_name
from shopkit.messaging.dead_letters import DeadLetters, Record
from shopkit.messaging.handlers import Table, apply, read
from shopkit.tracing import context

POLL_MILLISECONDS = 200
BATCH = 200
LONGEST_PAUSE_SECONDS = 5.0
STUCK_SECONDS = 60.0
PARKED_A_MINUTE = 100

APPLIED = Counter("events_applied_total", "Events applied or found applied before.", ["type"])
RETRIES = Counter("event_batches_retried_total", "Batches put back for a temporary reason.")
BATCH_SIZE = Histogram("event_batch_size", "Events a batch.", buckets=(1, 2, 5, 10, 50, 100, 200))
LAG = Gauge("consumer_lag", "Messages that wait.", ["topic"])
CONSUMER_UP = Gauge("consumer_up", "1 with the broker, 0 without.", ["topic"])

log = structlog.get_logger(__name__)


class TooManyDeadLettersError(Exception):
    """So many messages were parked that the release, not the messages, is to blame."""


class StuckError(Exception):
    """Messages wait, the broker answers, and nothing has moved for a minute."""

    def __str__(self) -> str:
        """Say what is seen."""
        return f"messages wait and none was applied for {STUCK_SECONDS:g} s"


Batches = Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]


@dataclass(frozen=True)
class Subscription:
    """What a consumer reads, and as whom."""

    bootstrap_servers: str
    topic: str
    group: str
    client_id: str


@dataclass(frozen=True, slots=True)
class _Arrival:
    record: Record
    delivery: Delivery[Event] | None = None
    error: Exception = field(default_factory=UndecodableError)

    @property
    def kind(self) -> str:
        """The event's type, empty where there is none to be read."""
        return self.delivery.event.type if self.delivery else ""


class Consumer:
    """Reads one topic for a group and applies what it finds.

    An event that can't be applied for a temporary reason is tried for ever, and holds the topic
    up; one that never can be is parked before its offset is committed, and others go on.
    """

    def __init__(
        self,
        subscription: Subscription,
        table: Table,
        dead_letters: DeadLetters,
        is_temporary: Callable[[BaseException], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subscription = subscription
        self._table = table
        self._answers = {
            type_name(kind).encode(): handler.answer
            for kind, handler in table.items()
            if handler.answer
        }
        self._dead_letters = dead_letters
        self._is_temporary = is_temporary
        self._clock = clock
        self._kafka: AIOKafkaConsumer | None = None
        self._failures = 0
        self._paused_until = 0.0
        self._moved_at = clock()
        self._next_offsets: dict[TopicPartition, int] = {}
        self._parked_at: deque[float] = deque(maxlen=PARKED_A_MINUTE)

    async def run(self) -> None:
        """Connect, read and apply, for ever; leave the group when cancelled.

        Raises:
            TooManyDeadLettersError: More than 100 messages were parked within a minute.
        """
        try:
            while True:
                try:
                    await self._connect()
                    await self._run_once()
                except (KafkaError, OSError) as error:
                    await self._lost(error)
        finally:
            await self._close()

    async def check(self) -> None:
        """Return where the consumer moves on, has nothing to do, or has no broker.

        Raises:
            StuckError: Messages wait and none was applied for 60 s.
        """
        if self._kafka and self._waiting() and self._clock() - self._moved_at > STUCK_SECONDS:
            raise StuckError

    async def _connect(self) -> None:
        if self._kafka:
            return
        kafka = AIOKafkaConsumer(
            self._subscription.topic,
            bootstrap_servers=self._subscription.bootstrap_servers,
            client_id=self._subscription.client_id,
            group_id=self._subscription.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=120_000,
            metadata_max_age_ms=10_000,
            request_timeout_ms=15_000,
        )
        try:
            await kafka.start()
        except BaseException:
            await kafka.stop()
            raise
        self._kafka = kafka
        self._next_offsets.clear()
        self._moved_at = self._clock()
        CONSUMER_UP.labels(self._subscription.topic).set(1)

    async def _lost(self, error: Exception) -> None:
        log.warning("broker away", topic=self._subscription.topic, error=repr(error))
        await self._close()
        self._failures += 1
        await asyncio.sleep(self._pause_seconds())

    async def _close(self) -> None:
        CONSUMER_UP.labels(self._subscription.topic).set(0)
        kafka, self._kafka = self._kafka, None
        if kafka:
            try:
                await kafka.stop()
            except (KafkaError, OSError) as error:
                log.warning("consumer did not stop", error=repr(error))

    async def _run_once(self) -> None:
        kafka = self._connected()
        self._forget_lost(kafka)
        if self._clock() < self._paused_until:
            await self._poll_while_paused(kafka)
            return
        if kafka.paused():
            kafka.resume(*kafka.paused())
        batches = await kafka.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH)
        self._note_arrival(kafka, batches)
        if not batches:
            return
        try:
            await self._apply([record for records in batches.values() for record in records])
        except Exception as error:
            if not self._is_temporary(error):
                raise
            self._put_back(kafka, batches, error)
        else:
            self._failures = 0
            self._moved_at = self._clock()
            await self._commit(kafka, batches)

    def _connected(self) -> AIOKafkaConsumer:
        assert self._kafka  # noqa: S101 - run() connects first.
        return self._kafka

    async def _poll_while_paused(self, kafka: AIOKafkaConsumer) -> None:
        # Polling goes on, or the group would take the partitions away; what a rebalance brings
        # meanwhile is put back unread.
        kafka.pause(*kafka.assignment())
        _seek_back(kafka, await kafka.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH))

    def _put_back(
        self,
        kafka: AIOKafkaConsumer,
        batches: Batches,
        error: Exception,
    ) -> None:
        RETRIES.inc()
        self._failures += 1
        self._paused_until = self._clock() + self._pause_seconds()
        _seek_back(kafka, batches)
        log.warning("batch put back", topic=self._subscription.topic, error=repr(error))

    def _pause_seconds(self) -> float:
        return float(min(0.1 * 2 ** min(self._failures, 10), LONGEST_PAUSE_SECONDS))

    async def _commit(
        self,
        kafka: AIOKafkaConsumer,
        batches: Batches,
    ) -> None:
        done = {partition: records[-1].offset + 1 for partition, records in batches.items()}
        self._next_offsets.update(done)
        owned = kafka.assignment()
        offsets = {partition: offset for partition, offset in done.items() if partition in owned}
        try:
            if offsets:
                await kafka.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # The group has given the partitions to another, who will find the events applied.
            log.info("offsets not committed", error=repr(error))

    async def _apply(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> None:
        arrivals = [self._arrival(record) for record in records]
        for kind, group in groupby(arrivals, key=lambda arrival: arrival.kind):
            if kind:
                await self._apply_run(list(group))
            else:
                for arrival in group:
                    await self._park(arrival.record, arrival.error)

    def _arrival(self, kafka_record: ConsumerRecord[bytes, bytes]) -> _Arrival:
        record = _record(kafka_record)
        try:
            delivery = read(self._table, record)
        except UndecodableError as error:
            return _Arrival(record, error=error)
        return _Arrival(record, delivery=delivery)

    async def _apply_run(self, run: Sequence[_Arrival]) -> None:
        deliveries = [arrival.delivery for arrival in run if arrival.delivery]
        context.enter(deliveries[0].origin)
        try:
            await apply(self._table, deliveries)
        except Exception as error:
            if self._is_temporary(error):
                raise
            await self._apply_singly(run, error)
            return
        APPLIED.labels(run[0].kind).inc(len(run))
        BATCH_SIZE.observe(len(run))

    async def _apply_singly(self, run: Sequence[_Arrival], error: Exception) -> None:
        if len(run) == 1:
            await self._park(run[0].record, error)
            return
        log.warning("batch is tried one by one", error=repr(error))
        for arrival in run:
            await self._apply_run([arrival])

    async def _park(self, record: Record, error: Exception) -> None:
        answer = self._answers.get(dict(record.headers).get("ce_type", b""))
        if answer and await answer(record, error):
            return
        if not await self._dead_letters.park(record, f"{type(error).__name__}: {error}"):
            return
        log.error("event parked", topic=record.topic, offset=record.offset, error=repr(error))
        now = self._clock()
        if len(self._parked_at) == PARKED_A_MINUTE and now - self._parked_at[0] < 60:
            raise TooManyDeadLettersError
        self._parked_at.append(now)

    def _forget_lost(self, kafka: AIOKafkaConsumer) -> None:
        # Others read on in the partitions that went to them; what they have read does not wait
        # where one comes back.
        owned = kafka.assignment()
        for partition in [one for one in self._next_offsets if one not in owned]:
            del self._next_offsets[partition]

    def _waiting(self) -> bool:
        return self._lag(self._connected()) > 0

    def _lag(self, kafka: AIOKafkaConsumer) -> int:
        """Return how many messages are known to wait in the partitions read so far."""
        return sum(
            max(0, (kafka.highwater(partition) or 0) - self._next_offsets[partition])
            for partition in kafka.assignment()
            if partition in self._next_offsets
        )

    def _note_arrival(self, kafka: AIOKafkaConsumer, batches: Batches) -> None:
        for partition, records in batches.items():
            self._next_offsets[partition] = records[0].offset
        waiting = self._lag(kafka)
        LAG.labels(self._subscription.topic).set(waiting)
        if not waiting:
            self._moved_at = self._clock()


def _seek_back(
    kafka: AIOKafkaConsumer,
    batches: Batches,
) -> None:
    owned = kafka.assignment()
    for partition, records in batches.items():
        if partition in owned:
            kafka.seek(partition, records[0].offset)


def _record(record: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        # Kafka lets a header have no value.
        headers=tuple((name, value or b"") for name, value in record.headers),
    )
