"""The consumer: reads Kafka in batches, and commits offsets after the batches are committed.

Modelled on getsentry/arroyo: `run` calls `run_once`, a failed batch is read again, an unexpected
error pauses the consumer, and a limit on dead letters keeps a bad release from draining a topic.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import pymongo
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from prometheus_client import Counter, Gauge

from shopkit.checks import PausedError
from shopkit.gathering import Gathering
from shopkit.loops import sleep_unless
from shopkit.messaging.batch_processor import TooManyDeadLettersError
from shopkit.messaging.batch_reader import Batch, BatchReader, offsets_behind
from shopkit.messaging.envelope import read_event_id
from shopkit.messaging.pauses import PauseKind, PauseRepository
from shopkit.messaging.undecodable import Received, UndecodableBatch
from shopkit.settings import KafkaConnection

MAX_BACKOFF_SECONDS = 5.0
STUCK_SECONDS = 60.0
LOOK_SECONDS = 2.0
"""How often a consumer looks whether it is paused, and how long it waits for the database."""
SESSION_MILLISECONDS = 4_000
"""When the broker gives up a consumer that it does not hear from. See docs/decisions/0019."""
LEAVE_SECONDS = 5.0
"""How long leaving the group may take: longer than a rebalance that is in progress."""
HEARTBEAT_MILLISECONDS = 500
FETCH_WAIT_MILLISECONDS = 1_000
"""How long the broker holds a request for messages while there are none."""
COMMIT_SECONDS = 0.5
"""How often offsets are committed. After a crash, the events since then are applied again."""

RETRIES = Counter("event_batches_retried_total", "Batches retried after a temporary error.")
LAG = Gauge("consumer_lag", "Messages that are not applied yet.", ["topic"])
CONSUMER_UP = Gauge("consumer_up", "1 if connected to the broker, otherwise 0.", ["topic"])
CONSUMER_PAUSED = Gauge("consumer_paused", "1 if it waits for `resume`, otherwise 0.", ["topic"])

log = structlog.get_logger(__name__)


class StuckError(Exception):
    """Messages are waiting, the broker is available, and none was applied for a minute."""

    def __str__(self) -> str:
        """Return the symptom."""
        return f"messages are waiting and none was applied for {STUCK_SECONDS:g} s"


class Processor(Protocol):
    """Applies messages."""

    async def process(self, received: Iterable[Received]) -> None:
        """Apply messages in order."""
        ...


@dataclass(frozen=True)
class Subscription:
    """The topic that a consumer reads, and the group that it belongs to."""

    connection: KafkaConnection
    topic: str
    group: str
    client_id: str


class _Revocation(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits before a rebalance, so that the next owner does not apply the last events again."""

    def __init__(self, commit: Callable[[], Awaitable[None]]) -> None:
        self._commit = commit

    async def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        await self._commit()

    async def on_partitions_assigned(self, _assigned: Iterable[TopicPartition]) -> None:
        """Do nothing, because the consumer reads what is assigned."""


class Consumer:
    """Reads one topic for a group and processes its messages.

    A batch that fails with a temporary error is read again, with backoff, until it succeeds. Any
    other error pauses the consumer: it stays in its group, and reads the batch again when an
    operator resumes it or another release runs.

    Attributes:
        waits_until: When the backoff ends, in seconds of the clock.
    """

    def __init__(
        self,
        subscription: Subscription,
        processor: Processor,
        pauses: PauseRepository,
        is_temporary: Callable[[BaseException], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subscription = subscription
        self._processor = processor
        self._pauses = pauses
        self._is_temporary = is_temporary
        self._clock = clock
        self._kafka: AIOKafkaConsumer | None = None
        self._stopping = asyncio.Event()
        self._failures = 0
        self.waits_until = 0.0
        self._paused = False
        self._look_at = 0.0
        self._progress_at = clock()
        self._next_offsets: dict[TopicPartition, int] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._commit_at = 0.0
        self._gathering = Gathering(f"consumer of {subscription.topic}", clock=clock)

    async def run(self) -> None:
        """Connect and process messages until `stop` is called or it is cancelled.

        It finishes the current batch if it is stopped, and leaves the group in both cases.
        """
        try:
            while not self._stopping.is_set():
                try:
                    await self.connect()
                    await self.run_once()
                except (KafkaError, OSError) as error:
                    await self._reconnect_later(error)
        finally:
            await self._leave()

    def stop(self) -> None:
        """Let `run` end after the current batch."""
        self._stopping.set()

    @property
    def connected(self) -> bool:
        """Whether the consumer is connected to the broker."""
        return self._kafka is not None

    async def check(self) -> None:
        """Check that the consumer makes progress. It may also be idle or without a broker.

        Raises:
            PausedError: The consumer is paused.
            StuckError: The broker answers, messages are waiting, and none was applied for 60 s.
        """
        if self._paused:
            raise PausedError
        kafka, idle_seconds = self._kafka, self._clock() - self._progress_at
        waits = kafka and self._lag(kafka) > 0 and idle_seconds > STUCK_SECONDS
        if kafka and waits and await BatchReader(kafka).broker_answers():
            raise StuckError

    async def connect(self) -> None:
        """Connect and join the group, unless connected.

        Raises:
            aiokafka.errors.KafkaError: The broker is unavailable.
        """
        if self._kafka:
            return
        kafka = AIOKafkaConsumer(
            **self._subscription.connection,
            client_id=self._subscription.client_id,
            group_id=self._subscription.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MILLISECONDS,
            heartbeat_interval_ms=HEARTBEAT_MILLISECONDS,
            fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
            max_poll_interval_ms=120_000,
            metadata_max_age_ms=10_000,
            request_timeout_ms=15_000,
        )
        try:
            await kafka.start()
            kafka.subscribe([self._subscription.topic], listener=_Revocation(self._commit_all))
        except BaseException:
            await kafka.stop()
            raise
        self._kafka, self._reader = kafka, BatchReader(kafka)
        self._next_offsets.clear()
        self._uncommitted.clear()
        self._progress_at = self._clock()
        CONSUMER_UP.labels(self._subscription.topic).set(1)

    async def _reconnect_later(self, error: Exception) -> None:
        log.warning("broker unavailable", topic=self._subscription.topic, error=repr(error))
        await self.disconnect()
        self._failures += 1
        await sleep_unless(self._stopping, self._backoff_seconds())

    async def disconnect(self) -> None:
        """Leave the group and disconnect."""
        CONSUMER_UP.labels(self._subscription.topic).set(0)
        kafka, self._kafka = self._kafka, None
        if kafka:
            try:
                await self._commit(kafka)
            except (KafkaError, OSError) as error:
                log.info("offsets not committed", error=repr(error))
            try:
                await kafka.stop()
            except (KafkaError, OSError) as error:
                log.warning("consumer did not stop", error=repr(error))

    async def _leave(self) -> None:
        # A cancellation must not cut this off. The other replicas would not get the partitions
        # before the session times out.
        leaving = asyncio.create_task(self.disconnect())
        deadline = time.monotonic() + LEAVE_SECONDS
        while not leaving.done() and time.monotonic() < deadline:
            with suppress(asyncio.CancelledError):
                await asyncio.wait({leaving}, timeout=deadline - time.monotonic())
        if not leaving.cancel():
            leaving.result()

    async def run_once(self) -> None:
        """Read, process and commit one batch, or put it back after an error."""
        kafka = self._connected()
        await self._commit_if_due(kafka)
        self._forget_revoked_partitions(kafka)
        if self._clock() < self.waits_until or await self._is_paused():
            await self._poll_while_waiting(kafka)
            return
        if kafka.paused():
            kafka.resume(*kafka.paused())
        await sleep_unless(self._stopping, self._gathering.seconds())
        batch = await self._reader.read()
        self._measure_lag(kafka, batch)
        if not batch:
            return
        received = [item for items in batch.values() for item in items]
        began = self._clock()
        try:
            await self._processor.process(received)
        except Exception as error:  # noqa: BLE001 - any error is temporary or pauses the consumer.
            self._reader.seek_back(batch)
            await self._wait_or_pause(error, received)
        else:
            self._failures = 0
            self._progress_at = self._clock()
            self._gathering.record(len(received), self._progress_at - began)
            done = offsets_behind(batch)
            self._uncommitted |= done
            self._next_offsets |= done
            await self._commit_if_due(kafka)

    def _connected(self) -> AIOKafkaConsumer:
        assert self._kafka  # noqa: S101 - run() connects first.
        return self._kafka

    async def _poll_while_waiting(self, kafka: AIOKafkaConsumer) -> None:
        # Without polling, the group would revoke the partitions. Partitions that a rebalance
        # assigns meanwhile are not paused yet, so their messages are put back.
        kafka.pause(*kafka.assignment())
        self._reader.seek_back(await self._reader.poll())

    async def _wait_or_pause(self, error: Exception, received: Sequence[Received] = ()) -> None:
        first = _first_event_id(received)
        if not self._is_temporary(error):
            temporary = await self._pause(error, first)
            if temporary is None:
                return
            error = temporary
        RETRIES.inc()
        self._failures += 1
        self.waits_until = self._clock() + self._backoff_seconds()
        log.warning(
            "batch is retried",
            topic=self._subscription.topic,
            first_event_id=first,
            events=len(received),
            error=repr(error),
        )

    async def _pause(self, error: Exception, first: str) -> Exception | None:
        """Pause the consumer, or return the temporary error that prevents it."""
        topic = self._subscription.topic
        limit = isinstance(error, TooManyDeadLettersError)
        kind = PauseKind.DEAD_LETTERS if limit else PauseKind.FAULT
        try:
            await self._pauses.add(topic, kind, f"{type(error).__name__}: {error}")
        except Exception as failure:
            if not self._is_temporary(failure):
                raise
            return failure
        log.error("consumer paused", topic=topic, kind=kind, first_event_id=first, exc_info=error)
        self._set_paused(paused=True)
        return None

    async def _is_paused(self) -> bool:
        if self._clock() < self._look_at:
            return self._paused
        try:
            with pymongo.timeout(LOOK_SECONDS):
                paused = await self._pauses.is_paused(self._subscription.topic)
        except Exception as error:
            if not self._is_temporary(error):
                raise
            await self._wait_or_pause(error)
            return True
        self._set_paused(paused=paused)
        return paused

    def _set_paused(self, *, paused: bool) -> None:
        if self._paused and not paused:
            log.info("consumer resumed", topic=self._subscription.topic)
            self._progress_at = self._clock()
        self._paused = paused
        self._look_at = self._clock() + LOOK_SECONDS
        CONSUMER_PAUSED.labels(self._subscription.topic).set(paused)

    def _backoff_seconds(self) -> float:
        return float(min(0.1 * 2 ** min(self._failures, 10), MAX_BACKOFF_SECONDS))

    async def _commit_all(self) -> None:
        if self._kafka:
            await self._commit(self._kafka)

    async def _commit_if_due(self, kafka: AIOKafkaConsumer) -> None:
        if self._clock() >= self._commit_at:
            await self._commit(kafka)

    async def _commit(self, kafka: AIOKafkaConsumer) -> None:
        done, self._uncommitted = self._uncommitted, {}
        assigned = kafka.assignment()
        offsets = {partition: offset for partition, offset in done.items() if partition in assigned}
        if not offsets:
            return
        self._commit_at = self._clock() + COMMIT_SECONDS
        try:
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
        for partition, received in batch.items():
            self._next_offsets[partition] = received[0].offset
        lag = self._lag(kafka)
        LAG.labels(self._subscription.topic).set(lag)
        if not lag:
            self._progress_at = self._clock()


def _first_event_id(received: Sequence[Received]) -> str:
    if not received or isinstance(received[0], UndecodableBatch):
        return ""
    return read_event_id(received[0].headers)
