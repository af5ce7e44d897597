"""Applies a batch of messages: decodes them, groups them by type, and sets aside the bad ones."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import structlog
from aiokafka import ConsumerRecord
from prometheus_client import Counter, Histogram

from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.envelope import Delivery, Event, UndecodableError
from shopkit.messaging.handlers import HandlerTable
from shopkit.tracing import context

MAX_DEAD_LETTERS_PER_MINUTE = 100

APPLIED = Counter(
    "events_applied_total", "Events that were applied, including duplicates.", ["type"]
)
BATCH_SIZE = Histogram(
    "event_batch_size", "Events in a batch.", buckets=(1, 2, 5, 10, 50, 100, 200)
)

log = structlog.get_logger(__name__)


class TooManyDeadLettersError(Exception):
    """So many messages failed within a minute that the release is the likely cause."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    record: Record
    delivery: Delivery[Event] | None = None
    error: Exception = field(default_factory=UndecodableError)

    @property
    def type(self) -> str:
        """The event's type, empty if the message could not be decoded."""
        return self.delivery.event.type if self.delivery else ""


class BatchProcessor:
    """Applies messages of one topic with its handlers.

    A temporary error is raised, so that the whole batch is retried. A message that can never be
    applied becomes a dead letter, and the others are applied.
    """

    def __init__(
        self,
        table: HandlerTable,
        dead_letters: DeadLetterRepository,
        is_temporary: Callable[[BaseException], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._dead_letters = dead_letters
        self._is_temporary = is_temporary
        self._clock = clock
        self._dead_letter_times: deque[float] = deque(maxlen=MAX_DEAD_LETTERS_PER_MINUTE)

    async def process(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> None:
        """Apply messages in order. Consecutive events of one type are applied together.

        Raises:
            TooManyDeadLettersError: More than 100 messages became dead letters within a minute.
            Exception: A temporary error. Messages of the batch may have been applied.
        """
        messages = [self._decode(_record(record)) for record in records]
        for event_type, group in groupby(messages, key=lambda message: message.type):
            if event_type:
                await self._apply(list(group))
            else:
                for message in group:
                    await self._set_aside(message.record, message.error)

    def _decode(self, record: Record) -> _Decoded:
        try:
            return _Decoded(record, self._table.decode(record))
        except UndecodableError as error:
            return _Decoded(record, error=error)

    async def _apply(self, messages: Sequence[_Decoded]) -> None:
        deliveries = [message.delivery for message in messages if message.delivery]
        context.activate(deliveries[0].trace_context)
        try:
            await self._table.apply(deliveries)
        except Exception as error:
            if self._is_temporary(error):
                raise
            await self._apply_one_by_one(messages, error)
            return
        APPLIED.labels(messages[0].type).inc(len(messages))
        BATCH_SIZE.observe(len(messages))

    async def _apply_one_by_one(self, messages: Sequence[_Decoded], error: Exception) -> None:
        if len(messages) == 1:
            await self._set_aside(messages[0].record, error)
            return
        log.warning("batch failed; its events are applied one by one", error=repr(error))
        for message in messages:
            await self._apply([message])

    async def _set_aside(self, record: Record, error: Exception) -> None:
        if await self._table.answer(record, error):
            return
        if not await self._dead_letters.add(record, f"{type(error).__name__}: {error}"):
            return
        log.error("dead letter", topic=record.topic, offset=record.offset, error=repr(error))
        now = self._clock()
        times = self._dead_letter_times
        if len(times) == MAX_DEAD_LETTERS_PER_MINUTE and now - times[0] < 60:
            raise TooManyDeadLettersError
        times.append(now)


def _record(record: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        # Kafka allows headers without a value.
        headers=tuple((name, value or b"") for name, value in record.headers),
    )
