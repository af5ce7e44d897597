"""Applies a batch of messages: decodes them, groups them by type, and sets aside the bad ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

import structlog
from prometheus_client import Counter

from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.envelope import (
    BrokenRuleError,
    Delivery,
    Event,
    UndecodableError,
    read_event_id,
    read_trace_context,
)
from shopkit.messaging.handlers import HandlerTable
from shopkit.messaging.pauses import PauseRepository
from shopkit.messaging.undecodable import Received, UndecodableBatch
from shopkit.tracing import context

MAX_DEAD_LETTERS = 100
DEAD_LETTER_PERIOD = timedelta(minutes=1)

APPLIED = Counter(
    "events_applied_total", "Events that were applied, including duplicates.", ["type"]
)

log = structlog.get_logger(__name__)


class TooManyDeadLettersError(Exception):
    """More than 100 messages became dead letters within a minute. The release may be the cause."""

    def __str__(self) -> str:
        """Return the symptom."""
        return f"more than {MAX_DEAD_LETTERS} messages became dead letters within a minute"


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

    A message that cannot be decoded or breaks a rule is answered or becomes a dead letter, and the
    others are applied. Any other error is raised: a temporary one, or a fault of this release.
    """

    def __init__(
        self,
        table: HandlerTable,
        dead_letters: DeadLetterRepository,
        pauses: PauseRepository,
        is_temporary: Callable[[BaseException], bool],
    ) -> None:
        self._table = table
        self._dead_letters = dead_letters
        self._pauses = pauses
        self._is_temporary = is_temporary

    async def process(self, received: Iterable[Received]) -> None:
        """Apply messages in order. Consecutive events of one type are applied together.

        Raises:
            TooManyDeadLettersError: More than 100 messages became dead letters within a minute.
            Exception: A temporary error, or a fault of this release. Messages of the batch may have
                been applied.
        """
        messages = [self._decode(item) for item in received]
        for event_type, group in groupby(messages, key=lambda message: message.type):
            if event_type:
                await self._apply(list(group))
            else:
                for message in group:
                    await self._set_aside(message.record, message.error)

    def _decode(self, received: Received) -> _Decoded:
        record = _record(received)
        if isinstance(received, UndecodableBatch):
            reason = (
                f"The Kafka client cannot decode the messages from offset {record.offset} to "
                f"{record.last_offset}: {received.error!r}"
            )
            return _Decoded(record, error=UndecodableError(reason))
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

    async def _apply_one_by_one(self, messages: Sequence[_Decoded], error: Exception) -> None:
        if len(messages) == 1:
            if not isinstance(error, (BrokenRuleError, UndecodableError)):
                raise error
            await self._set_aside(messages[0].record, error)
            return
        log.warning("batch failed; its events are applied one by one", error=repr(error))
        for message in messages:
            await self._apply([message])

    async def _set_aside(self, record: Record, error: Exception) -> None:
        context.activate(read_trace_context(record.headers))
        if await self._table.answer(record, error):
            return
        if not await self._dead_letters.add(record, str(error)):
            return
        log.error(
            "dead letter",
            event_id=read_event_id(record.headers),
            topic=record.topic,
            offset=record.offset,
            error=repr(error),
        )
        resumed_at = await self._pauses.resumed_at(record.topic)
        recent = await self._dead_letters.count_recent(record.topic, DEAD_LETTER_PERIOD, resumed_at)
        if recent > MAX_DEAD_LETTERS:
            raise TooManyDeadLettersError


def _record(received: Received) -> Record:
    if isinstance(received, UndecodableBatch):
        return Record(
            topic=received.topic,
            partition=received.partition,
            offset=received.offset,
            key=None,
            value=received.value,
            headers=(),
            last_offset=received.last_offset,
        )
    return Record(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        key=received.key,
        value=received.value,
        # Kafka allows headers without a value.
        headers=tuple((name, value or b"") for name, value in received.headers),
    )
