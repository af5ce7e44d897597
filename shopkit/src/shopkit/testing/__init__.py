"""Doubles for the fast unit tests; what a transaction promises is tested on a real mongod."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shopkit.mongo import Session

T = TypeVar("T")


class NoTransactions:
    """Runs work at once and without a session: mongomock has none."""

    async def run(
        self,
        work: Callable[[Session], Awaitable[T]],
        *,
        seconds: float | None = None,  # noqa: ARG002 - as the real one takes it.
    ) -> T:
        """Run the work."""
        return await work(None)
