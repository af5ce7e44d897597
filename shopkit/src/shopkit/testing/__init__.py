"""Test doubles for fast unit tests. Integration tests use a real MongoDB and Kafka."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from shopkit.storage.unit_of_work import Mail, MailStore, MessageStore, Publication, UnitOfWork

T = TypeVar("T")


class FakeTransactions:
    """Runs work once and without a session, because mongomock has no transactions.

    Attributes:
        published: The messages that were published, in order.
        mails: The mails that were asked for, in order.
    """

    def __init__(
        self, messages: MessageStore | None = None, mails: MailStore | None = None
    ) -> None:
        self.published: list[Publication] = []
        self.mails: list[Mail] = []
        self._messages = messages
        self._mails = mails

    @property
    def published_ids(self) -> list[str]:
        """The ids of the published messages, in order."""
        return [publication.message.id for publication in self.published]

    async def run(
        self,
        work: Callable[[UnitOfWork], Awaitable[T]],
        *,
        seconds: float = 0,  # noqa: ARG002 - part of the protocol.
    ) -> T:
        """Run the work and store its messages."""
        unit = UnitOfWork(None)
        result = await work(unit)
        await unit.flush(self._messages, self._mails)
        self.published += unit.publications
        self.mails += unit.mails
        unit.committed()
        return result


class FakeClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Advance by a number of seconds, minutes, hours or days, as `timedelta` takes them."""
        self.now += timedelta(**duration)
