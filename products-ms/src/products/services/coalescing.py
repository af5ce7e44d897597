"""Coalesces concurrent reads: callers that ask for the same key share one read.

A caller never gets a result that was read before it asked. If a read is already running, the caller
shares the next one. So every caller sees all earlier writes, and there is no cache to invalidate.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextvars import Context
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Coalescer(Generic[K, R]):
    """Shares reads between callers that ask for the same key."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[R]] = {}
        self._next: dict[K, asyncio.Task[R]] = {}

    async def get(self, key: K, read: Callable[[], Awaitable[R]]) -> R:
        """Return the result of a read that starts after this call.

        The read continues for the other callers if this one is cancelled.

        Args:
            key: Identifies what is read.
            read: Reads it.

        Raises:
            Exception: The error of the read.
        """
        running = self._running.get(key)
        if running is None:
            self._running[key] = task = start(self._run(key, read))
        elif key in self._next:
            task = self._next[key]
        else:
            self._next[key] = task = start(self._run_after(running, key, read))
        return await asyncio.shield(task)

    async def _run_after(
        self, running: asyncio.Task[R], key: K, read: Callable[[], Awaitable[R]]
    ) -> R:
        await asyncio.wait([running])
        self._running[key] = self._next.pop(key)
        return await self._run(key, read)

    async def _run(self, key: K, read: Callable[[], Awaitable[R]]) -> R:
        try:
            return await read()
        finally:
            # If another read is waiting, it replaces this one itself.
            if key not in self._next:
                del self._running[key]


def start(read: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
    """Start a read that several requests share."""
    # In an empty context, because the read belongs to several requests with several deadlines.
    return asyncio.create_task(read, context=Context())
