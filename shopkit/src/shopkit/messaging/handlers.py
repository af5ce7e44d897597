"""Event handlers: one visible table for each topic."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopkit.messaging.dead_letters import Record
from shopkit.messaging.envelope import Delivery, Event, UndecodableError, decode, type_name
from shopkit.messaging.event_spans import applying

Apply = Callable[[Sequence[Delivery[Any]]], Awaitable[None]]
"""Applies a batch of events of one type, all or nothing. Must be safe to repeat."""

Answer = Callable[[Record, Exception], Awaitable[bool]]
"""Answers a message that cannot be applied. Returns False if it must become a dead letter."""


@dataclass(frozen=True)
class Handler:
    """How a consumer handles one type of event.

    Attributes:
        apply: Applies a batch of events.
        answer: Answers a message that cannot be applied, if its sender always needs an answer.
            Otherwise such a message becomes a dead letter.
    """

    apply: Apply
    answer: Answer | None = None


class HandlerTable(Mapping[type[Event], Handler]):
    """The handlers of a topic, by event class."""

    def __init__(self, handlers: Mapping[type[Event], Handler]) -> None:
        self._handlers = dict(handlers)
        self._types = {type_name(event_type): event_type for event_type in handlers}

    def __getitem__(self, event_type: type[Event]) -> Handler:
        """Return the handler of an event class."""
        return self._handlers[event_type]

    def __iter__(self) -> Iterator[type[Event]]:
        """Iterate over the event classes."""
        return iter(self._handlers)

    def __len__(self) -> int:
        """Return the number of event classes."""
        return len(self._handlers)

    def decode(self, record: Record) -> Delivery[Event]:
        """Return the event of a message.

        Raises:
            UndecodableError: The message does not contain an event that this table handles.
        """
        if record.last_offset is not None:
            raise UndecodableError("The Kafka client cannot decode this batch of messages.")
        return decode(self._types, record.headers, record.value)

    async def apply(self, deliveries: Sequence[Delivery[Event]]) -> None:
        """Apply events of one type, all or nothing."""
        with applying(deliveries) as traced:
            await self._handlers[type(traced[0].event)].apply(traced)

    async def answer(self, record: Record, error: Exception) -> bool:
        """Answer a message that cannot be applied, and return whether it was answered."""
        event_type = self._types.get(dict(record.headers).get("ce_type", b"").decode("latin-1"))
        handler = self._handlers[event_type] if event_type else None
        if handler is None or handler.answer is None:
            return False
        return await handler.answer(record, error)


def applier(tables: Mapping[str, HandlerTable]) -> Callable[[Record], Awaitable[None]]:
    """Return a function that applies a single message with the table of its topic."""

    async def apply_record(record: Record) -> None:
        table = tables[record.topic]
        await table.apply([table.decode(record)])

    return apply_record
