"""Keeps the bytes of pages until the catalogue changes.

Before a page is answered from ready bytes, the database is asked whether anything has changed since
they were read. Requests at the same time share this check. So a page is never older than its
request, on any replica.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from products.services.coalescing import Coalescer, start
from shopkit.identity import Identity

LIMIT_BYTES = 16 * 2**20
"""How many bytes are kept. The pages that were not requested for the longest time are dropped."""

_CHECK = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of a page, and a tag that changes with them."""

    body: bytes
    tag: str


class Changes(Protocol):
    """Tells whether the catalogue has changed."""

    async def generation(self) -> int | None:
        """Return a number that grows with every change, None if it is unknown."""
        ...


Read = Callable[[], Awaitable[Page]]


class ReadyPages:
    """Answers known pages from ready bytes.

    Args:
        changes: Tells whether the catalogue has changed.
        limit_bytes: How many bytes to keep.
    """

    def __init__(self, changes: Changes, limit_bytes: int = LIMIT_BYTES) -> None:
        self._changes = changes
        self._limit_bytes = limit_bytes
        self._checks: Coalescer[str, int | None] = Coalescer()
        self._reads: Coalescer[str, Page] = Coalescer()
        self._generation = 0
        self._pages: dict[str, Page] = {}
        self._bytes = 0
        self._reading: dict[str, asyncio.Task[Page]] = {}

    async def find(self, caller: Identity, key: str) -> Page | None:
        """Return a known page, None if it must be read.

        Args:
            caller: The caller. Admins, who change the catalogue, never get ready bytes.
            key: Identifies the page.
        """
        if caller.is_admin or key not in self._pages or not await self._check():
            return None
        return self._known(key)

    async def get(self, caller: Identity, key: str, read: Read) -> Page:
        """Return a page that was valid at some moment after this call.

        Args:
            caller: The caller, as above.
            key: Identifies the page.
            read: Reads it, if it is not known.

        Raises:
            Exception: The error of the read.
        """
        if caller.is_admin or not await self._check():
            return await self.read(key, read)
        if page := self._known(key):
            return page
        if key not in self._reading:
            self._reading[key] = start(self._read_and_keep(key, read))
        return await asyncio.shield(self._reading[key])

    async def read(self, key: str, read: Read) -> Page:
        """Return a page that is read after this call. Callers at the same time share the read."""
        return await self._reads.get(key, read)

    async def _check(self) -> bool:
        """Forget all pages if the catalogue has changed, and return whether that is known.

        If another request has seen a later generation, what was read for it is valid here, too.
        """
        generation = await self._checks.get(_CHECK, self._changes.generation)
        if generation is None:
            return False
        if generation > self._generation:
            self._clear(generation)
        return True

    def _known(self, key: str) -> Page | None:
        page = self._pages.pop(key, None)
        if page:
            # The order is that of the last requests.
            self._pages[key] = page
        return page

    async def _read_and_keep(self, key: str, read: Read) -> Page:
        generation, reading = self._generation, self._reading
        try:
            page = await read()
        finally:
            del reading[key]
        if generation == self._generation:
            self._keep(key, page)
        return page

    def _clear(self, generation: int) -> None:
        self._generation = generation
        self._pages.clear()
        self._bytes = 0
        # What is being read may lack the change.
        self._reading = {}

    def _keep(self, key: str, page: Page) -> None:
        if len(page.body) > self._limit_bytes:
            return
        self._pages[key] = page
        self._bytes += len(page.body)
        while self._bytes > self._limit_bytes:
            oldest = next(iter(self._pages))
            self._bytes -= len(self._pages.pop(oldest).body)
