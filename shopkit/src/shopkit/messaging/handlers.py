"""What is done with each type of event: one visible table a topic."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopkit.contract.events import Delivery, Event, UndecodableError, decode
from shopkit.messaging.dead_letters import Record
from shopkit.messaging.event_traces import applying

Apply = Callable[[Sequence[Delivery[Any]]], Awaitable[None]]
"""Applies a batch of one type, all or nothing, however often each event comes."""

Answer = Callable[[Record, Exception], Awaitable[bool]]
"""Answers a message that can't be applied; returns False where it has to be parked after all."""


@dataclass(frozen=True)
class Handler:
    """What is done with one type of event.

    `answer` stands in for parking where the sender must always have an answer.
    """

    apply: Apply
    answer: Answer | None = None


Table = Mapping[type[Event], Handler]


def read(table: Table, record: Record) -> Delivery[Event]:
    """Return the event of a message that belongs on its topic.

    Raises:
        UndecodableError: It is none, or of a type that the table does not have.
    """
    delivery = decode(record.headers, record.value)
    if type(delivery.event) not in table:
        raise UndecodableError(f"{delivery.event.type} does not belong on {record.topic}")
    return delivery


async def apply(table: Table, deliveries: Sequence[Delivery[Event]]) -> None:
    """Apply events of one type, all or nothing."""
    with applying(deliveries) as applied:
        await table[type(applied[0].event)].apply(applied)


def applier(tables: Mapping[str, Table]) -> Callable[[Record], Awaitable[None]]:
    """Return what applies a single message by the tables of the topics."""

    async def apply_single(record: Record) -> None:
        table = tables[record.topic]
        await apply(table, [read(table, record)])

    return apply_single
