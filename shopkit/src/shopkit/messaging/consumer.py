"""The consumer: reads Kafka in batches, and commits offsets after the batch is committed.

Modelled on getsentry/arroyo: `run` calls `run_once`, a failed batch is read again, and a limit on
dead letters keeps a bad release from draining a topic.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from prometheus_client import Counter, Gauge

POLL_MILLISECONDS = 200
BATCH = 200
MAX_PAUSE_SECONDS = 5.0
STUCK_SECONDS = 60.0

RETRIES = Counter("event_batches_retried_total", "Batches retried after a temporary error.")
LAG = Gauge("consumer_lag", "Messages that are not applied yet.", ["topic"])
CONSUMER_UP = Gauge("consumer_up", "1 if connected to the broker, otherwise 0.", ["topic"])

log = structlog.get_logger(__name__)


class StuckError(Exception):
    """Messages are waiting, the broker is available, and none was applied for a minute."""

    def __str__(self) -> str:
        """Return the symptom."""
        return f"messages are waiting and none was applied for {STUCK_SECONDS:g} s"


Batch = Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]
Process = Callable[[Sequence[ConsumerRecord[bytes, bytes]]], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """The topic that a consumer reads, and the group that it belongs to."""

    bootstrap_servers: str
    topic: str
    group: str
    client_id: str


class Consumer:
    """Reads one topic for a group and processes its messages.

    A batch that fails with a temporary error is read again, with backoff, until it succeeds.

    Attributes:
        paused_until: When the backoff ends, in seconds of the clock.
    """

    def __init__(
        self,
        subscription: Subscription,
        process: Process,
        is_temporary: Callable[[BaseException], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subscription = subscription
        self._process = process
        self._is_temporary = is_temporary
        self._clock = clock
        self._kafka: AIOKafkaConsumer | None = None
        self._failures = 0
        self.paused_until = 0.0
        self._progress_at = clock()
        self._next_offsets: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Connect and process messages, forever. Leave the group when cancelled.

        Raises:
            Exception: The processing failed with an error that is not temporary.
        """
        try:
            while True:
                try:
                    await self.connect()
                    await self.run_once()
                except (KafkaError, OSError) as error:
                    await self._reconnect_later(error)
        finally:
            await self.disconnect()

    @property
    def connected(self) -> bool:
        """Whether the consumer is connected to the broker."""
        return self._kafka is not None

    async def check(self) -> None:
        """Check that the consumer makes progress. It may also be idle or without a broker.

        Raises:
            StuckError: Messages are waiting and none was applied for 60 s.
        """
        idle_seconds = self._clock() - self._progress_at
        if self._kafka and self._lag(self._kafka) > 0 and idle_seconds > STUCK_SECONDS:
            raise StuckError

    async def connect(self) -> None:
        """Connect and join the group, unless connected.

        Raises:
            aiokafka.errors.KafkaError: The broker is unavailable.
        """
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
        self._progress_at = self._clock()
        CONSUMER_UP.labels(self._subscription.topic).set(1)

    async def _reconnect_later(self, error: Exception) -> None:
        log.warning("broker unavailable", topic=self._subscription.topic, error=repr(error))
        await self.disconnect()
        self._failures += 1
        await asyncio.sleep(self._pause_seconds())

    async def disconnect(self) -> None:
        """Leave the group and disconnect."""
        CONSUMER_UP.labels(self._subscription.topic).set(0)
        kafka, self._kafka = self._kafka, None
        if kafka:
            try:
                await kafka.stop()
            except (KafkaError, OSError) as error:
                log.warning("consumer did not stop", error=repr(error))

    async def run_once(self) -> None:
        """Read, process and commit one batch, or put it back after a temporary error.

        Raises:
            Exception: The processing failed with an error that is not temporary.
        """
        kafka = self._connected()
        self._forget_revoked_partitions(kafka)
        if self._clock() < self.paused_until:
            await self._poll_while_paused(kafka)
            return
        if kafka.paused():
            kafka.resume(*kafka.paused())
        batch = await kafka.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH)
        self._measure_lag(kafka, batch)
        if not batch:
            return
        try:
            await self._process([record for records in batch.values() for record in records])
        except Exception as error:
            if not self._is_temporary(error):
                raise
            self._retry_later(kafka, batch, error)
        else:
            self._failures = 0
            self._progress_at = self._clock()
            await self._commit(kafka, batch)

    def _connected(self) -> AIOKafkaConsumer:
        assert self._kafka  # noqa: S101 - run() connects first.
        return self._kafka

    async def _poll_while_paused(self, kafka: AIOKafkaConsumer) -> None:
        # Without polling, the group would revoke the partitions. Partitions that a rebalance
        # assigns during the pause are not paused yet, so their messages are put back.
        kafka.pause(*kafka.assignment())
        _seek_back(kafka, await kafka.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH))

    def _retry_later(self, kafka: AIOKafkaConsumer, batch: Batch, error: Exception) -> None:
        RETRIES.inc()
        self._failures += 1
        self.paused_until = self._clock() + self._pause_seconds()
        _seek_back(kafka, batch)
        log.warning("batch is retried", topic=self._subscription.topic, error=repr(error))

    def _pause_seconds(self) -> float:
        return float(min(0.1 * 2 ** min(self._failures, 10), MAX_PAUSE_SECONDS))

    async def _commit(self, kafka: AIOKafkaConsumer, batch: Batch) -> None:
        done = {partition: records[-1].offset + 1 for partition, records in batch.items()}
        self._next_offsets.update(done)
        assigned = kafka.assignment()
        offsets = {partition: offset for partition, offset in done.items() if partition in assigned}
        try:
            if offsets:
                await kafka.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # The partitions were reassigned. The new owner finds the events already applied.
            log.info("offsets not committed", error=repr(error))

    def _forget_revoked_partitions(self, kafka: AIOKafkaConsumer) -> None:
        # Other consumers read these partitions meanwhile, so the old offsets would show a false
        # lag if the partitions came back.
        assigned = kafka.assignment()
        for partition in [known for known in self._next_offsets if known not in assigned]:
            del self._next_offsets[partition]

    def _lag(self, kafka: AIOKafkaConsumer) -> int:
        """Return how many messages are known to wait in the partitions read so far."""
        return sum(
            max(0, (kafka.highwater(partition) or 0) - self._next_offsets[partition])
            for partition in kafka.assignment()
            if partition in self._next_offsets
        )

    def _measure_lag(self, kafka: AIOKafkaConsumer, batch: Batch) -> None:
        for partition, records in batch.items():
            self._next_offsets[partition] = records[0].offset
        lag = self._lag(kafka)
        LAG.labels(self._subscription.topic).set(lag)
        if not lag:
            self._progress_at = self._clock()


def _seek_back(kafka: AIOKafkaConsumer, batch: Batch) -> None:
    assigned = kafka.assignment()
    for partition, records in batch.items():
        if partition in assigned:
            kafka.seek(partition, records[0].offset)
