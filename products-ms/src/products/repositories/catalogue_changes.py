"""Tells by the database's log whether the catalogue has changed.

A check reads the log up to what a majority of the members has when the check starts. So it finds
every write that was acknowledged before, whichever process wrote it, without any work by writers.
"""

import asyncio
import time

from pymongo.asynchronous.change_stream import AsyncCollectionChangeStream
from pymongo.errors import PyMongoError

from shopkit.storage.mongo import Database, Document

COLLECTIONS = ("products", "categories")
AWAIT_MILLISECONDS = 2
"""How long a check waits for changes. A database at rest is then asked at most 500 times a second,
however many requests share the checks."""
CHECK_SECONDS = 1.0
"""How long a check may take. An election takes longer."""
DRAIN_SECONDS = 0.005
"""How long a check goes on reading changes after the first one."""
IDLE_SECONDS = 30.0
"""A log that was not read for so long is opened at its end. Reading what was added since could take
longer than reading pages again."""

_Stream = AsyncCollectionChangeStream[Document]
_ONLY_THE_TOKEN: list[Document] = [{"$project": {"_id": 1}}]


class CatalogueChanges:
    """Follows the collections that pages are read from. Only one check may run at a time."""

    def __init__(self, database: Database) -> None:
        self._collections = [database[name] for name in COLLECTIONS]
        self._streams: list[_Stream] = []
        self._generation = 0
        self._checked_at = 0.0

    async def generation(self) -> int | None:
        """Return a number that grows with every change, None if the log cannot be read now.

        If two calls return the same number, no write was acknowledged between the start of the
        first call and the start of the second one.
        """
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._check()
        except (PyMongoError, TimeoutError):
            # The next check opens the log again, and pages that were read before are forgotten.
            self._streams = []
            return None
        return self._generation

    async def _check(self) -> None:
        now = time.monotonic()
        is_idle = now - self._checked_at > IDLE_SECONDS
        # A stream ends when its collection is dropped or renamed.
        if is_idle or not self._streams or not all(stream.alive for stream in self._streams):
            await self._open()
        elif any(await asyncio.gather(*map(_has_changes, self._streams))):
            self._generation += 1
        self._checked_at = now

    async def _open(self) -> None:
        old, self._streams = self._streams, []
        for stream in old:
            await stream.close()
        self._streams = [
            await collection.watch(_ONLY_THE_TOKEN, max_await_time_ms=AWAIT_MILLISECONDS)
            for collection in self._collections
        ]
        self._generation += 1


async def _has_changes(stream: _Stream) -> bool:
    found = False
    deadline = time.monotonic() + DRAIN_SECONDS
    while await stream.try_next() is not None:
        found = True
        # The next check would find what is left, and read pages again without need.
        if time.monotonic() > deadline:
            break
    return found
