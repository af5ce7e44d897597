"""Doubles for the fast unit tests; what a transaction promises is tested on a real mongod."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from shopkit.storage.mongo import Session

T = TypeVar("T")


class NoTransactions:
    """Runs work at once and without a session: mongomock has none."""

    async def run(
        self,
        work: Callable[[Session], Awaitable[T]],
        *,
        seconds: float = 0,  # noqa: ARG002 - as the real one takes it.
    ) -> T:
        """Run the work."""
        return await work(None)


class HeldClock:
    """A clock that stands still until it is told to move on."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move on by so many seconds, minutes, hours or days, as `timedelta` takes them."""
        self.now += timedelta(**by)
