"""The unit of work: a transaction, and the messages and mails that are sent if it commits.

A message is stored in the outbox by the transaction that publishes it, and handed to the relay
after the acknowledged commit. So there is a message if and only if there is the change. A mail is
stored in the same way, and a loop sends it.
"""

import hashlib
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import pymongo
from prometheus_client import Counter
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shopkit import security_events
from shopkit.security_events import SecurityEvent
from shopkit.storage.mongo import Document, GuardMissedError, Session, is_stale
from shopkit.tracing.context import TraceContext

HTTP_SECONDS = 12.0
"""How long an HTTP request may use the database. An election takes 10 to 12 s by default."""
BACKGROUND_SECONDS = 20.0
"""How long any other transaction may be retried. A consumer must poll its broker again in time."""

_STALE_RETRIES = 5
_SNAPSHOT = ReadConcern("snapshot")
_MAJORITY = WriteConcern("majority", wtimeout=10_000)

RETRIES = Counter("transaction_retries_total", "Attempts at transactions after the first one.")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """An event in its envelope.

    Attributes:
        id: The event's id. One id always has the same content.
        type: The event's type.
        topic: The topic that it is sent to.
        key: The key within the topic.
        partition_key: Messages of one partition key are delivered in order, to one consumer.
        value: The event as JSON.
        source: The service that sends it.
        time: When the event happened, not when it is sent.
        trace_context: The request that caused it.
    """

    id: str
    type: str
    topic: str
    key: str
    partition_key: str
    value: bytes
    source: str
    time: datetime
    trace_context: TraceContext


@dataclass(frozen=True, slots=True)
class Publication:
    """A message in the outbox.

    Attributes:
        message: The message.
        attempts: How many attempts to send it have failed.
    """

    message: Message
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that a change asks for.

    Attributes:
        cause: What it reports, such as `order/<id>/ACCEPTED`. One cause has one mail.
        template: The name of its template.
        recipient: The email address of its only recipient.
        data: What the template shows, as values of BSON. It contains no secret: links are created
            when the mail is sent.
    """

    cause: str
    template: str
    recipient: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A hash of the cause, 32 hex digits."""
        return hashlib.sha256(self.cause.encode()).hexdigest()[:32]


HandOver = Callable[[Sequence[Publication]], None]
"""Hands messages whose transaction is committed to the relay."""


class MessageStore(Protocol):
    """Stores messages in the transaction that publishes them. The outbox implements it."""

    async def add(self, publications: Sequence[Publication], *, session: Session) -> None:
        """Store new messages."""
        ...

    async def add_again(self, publications: Sequence[Publication], *, session: Session) -> None:
        """Mark messages as unsent again, and store those that have expired."""
        ...


class MailStore(Protocol):
    """Stores mails in the transaction of the change that asks for them."""

    async def add(self, mails: Sequence[Mail], *, session: Session) -> None:
        """Store the mails that are not stored yet."""
        ...


class UnitOfWork:
    """One attempt at a transaction.

    Attributes:
        session: The session that every read and write of the transaction must use.
        mails: The mails to send if the transaction is committed.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._new: list[Publication] = []
        self._again: list[Publication] = []
        self.mails: list[Mail] = []
        self._reports: list[Callable[[], None]] = []

    @property
    def publications(self) -> list[Publication]:
        """The messages to send once the transaction is committed."""
        return [*self._new, *self._again]

    def publish(self, *messages: Message) -> None:
        """Publish new messages, in the order in which they are sent."""
        self._new += [Publication(message) for message in messages]

    def publish_again(self, *messages: Message) -> None:
        """Publish messages that were published before, even if they have expired since."""
        self._again += [Publication(message) for message in messages]

    def mail(self, *mails: Mail) -> None:
        """Send mails if the transaction is committed. Nothing is sent if the shop sends no mail."""
        self.mails += mails

    def report(self, event: SecurityEvent, *, account_id: str, address: str = "") -> None:
        """Report a security event if the transaction is committed.

        Args:
            event: What happened.
            account_id: The account that it concerns.
            address: The client's IP address, empty if it is unknown.
        """
        self._reports.append(
            partial(security_events.report, event, account_id=account_id, address=address)
        )

    def committed(self) -> None:
        """Report what happened. The transaction calls this after its commit."""
        for report in self._reports:
            report()

    async def flush(self, messages: MessageStore | None, mails: MailStore | None = None) -> None:
        """Store what was published and mailed, before the commit."""
        if mails and self.mails:
            await mails.add(self.mails, session=self.session)
        if not self.publications:
            return
        assert messages  # noqa: S101 - a service that publishes has an outbox.
        if self._new:
            await messages.add(self._new, session=self.session)
        if self._again:
            await messages.add_again(self._again, session=self.session)


class Transactions(Protocol):
    """Runs units of work. Unit tests use a double without transactions."""

    async def run(
        self, work: Callable[[UnitOfWork], Awaitable[T]], *, seconds: float = BACKGROUND_SECONDS
    ) -> T:
        """Run the work in a transaction, commit it, and return the work's result."""
        ...


def leave_to_sweeper(_publications: Sequence[Publication]) -> None:
    """Leave committed messages to the sweeper of the running service."""


class MongoTransactions:
    """Runs units of work in MongoDB transactions with snapshot reads and majority writes.

    The work should read first and then write. If the data changes after it was read, the write
    fails with a write conflict, a duplicate key or a missed guard, and the work runs again.

    Args:
        client: The database client.
        messages: The outbox, None if the service publishes nothing.
        hand_over: Receives the messages of each committed transaction.
        mails: The stored mails, None if the shop sends no mail.
    """

    def __init__(
        self,
        client: AsyncMongoClient[Document],
        messages: MessageStore | None = None,
        hand_over: HandOver = leave_to_sweeper,
        mails: MailStore | None = None,
    ) -> None:
        self._client = client
        self._messages = messages
        self._hand_over = hand_over
        self._mails = mails

    async def run(
        self, work: Callable[[UnitOfWork], Awaitable[T]], *, seconds: float = BACKGROUND_SECONDS
    ) -> T:
        """Run the work in a transaction, commit it, and return the work's result.

        Args:
            work: The work. It may run more than once, with a new unit each time, and must have no
                other side effects.
            seconds: The time limit for all attempts together.

        Raises:
            pymongo.errors.PyMongoError: The transaction was not committed. After a network error
                or a timeout during the commit it may have been committed.
        """
        attempts = itertools.count()
        with pymongo.timeout(seconds):
            for retries_left in reversed(range(_STALE_RETRIES)):
                try:
                    result, unit = await self._run_once(work, attempts)
                    break
                except (DuplicateKeyError, BulkWriteError, GuardMissedError) as error:
                    if not retries_left or not is_stale(error):
                        raise
        unit.committed()
        if unit.publications:
            self._hand_over(unit.publications)
        return result

    async def _run_once(
        self, work: Callable[[UnitOfWork], Awaitable[T]], attempts: Iterator[int]
    ) -> tuple[T, UnitOfWork]:
        async def attempt(session: Session) -> tuple[T, UnitOfWork]:
            if next(attempts):
                RETRIES.inc()
            unit = UnitOfWork(session)
            result = await work(unit)
            await unit.flush(self._messages, self._mails)
            return result, unit

        async with self._client.start_session() as session:
            return await session.with_transaction(
                attempt,
                read_concern=_SNAPSHOT,
                write_concern=_MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            )
