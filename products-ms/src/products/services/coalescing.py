"""Reads that many callers ask for at the same time are done once.

Nobody is given what was read before it asked: a caller who comes while a read is on its way shares
the one after it. So everyone finds what was written before, as if it had read alone, and nothing
is kept: there is no cache to be made invalid.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Shared(Generic[K, R]):
    """Reads that are shared by those who ask for the same key."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[R]] = {}
        self._next: dict[K, asyncio.Task[R]] = {}

    async def get(self, key: K, read: Callable[[], Awaitable[R]]) -> R:
        """Return what was read for the key, by a read that began after this call.

        A caller that is cancelled leaves the read to the others.

        Args:
            key: What is read; the same key is the same read.
            read: Reads it.

        Raises:
            Exception: What the read raised.
        """
        running = self._running.get(key)
        if running is None:
            self._running[key] = task = asyncio.create_task(self._run(key, read))
        elif key in self._next:
            task = self._next[key]
        else:
            self._next[key] = task = asyncio.create_task(self._run_after(running, key, read))
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
            # The one after this takes the place itself.
            if key not in self._next:
                del self._running[key]
