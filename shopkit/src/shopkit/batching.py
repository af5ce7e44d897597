"""Group commit: concurrent requests are processed as one batch.

A transaction costs the database about the same for one order as for fifty. While one batch is
running, the next requests queue up for the batch after it. See DeWitt et al., "Implementation
techniques for main memory database systems", 1984.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from shopkit.gathering import Gathering
from shopkit.loops import sleep_unless

T = TypeVar("T")
R = TypeVar("R")

HasLeft = Callable[[], Awaitable[bool]]
"""Returns whether the caller no longer waits for the result."""


async def never_leaves() -> bool:
    """Return that the caller waits."""
    return False


class OverloadedError(Exception):
    """An item was not processed, because too many items were queued before it."""

    def __init__(self) -> None:
        super().__init__("too many requests are waiting")


@dataclass(frozen=True, slots=True)
class _Queued(Generic[T, R]):
    item: T
    deadline: float
    has_left: HasLeft
    result: asyncio.Future[R]


class Batcher(Generic[T, R]):
    """Collects items and processes them in batches, one batch at a time.

    Args:
        process: Takes a batch of items and returns, for each, its result or the exception that
            its caller receives.
        max_batch: The maximum number of items in a batch.
        gathering: How long a batch waits for more items.
        max_queued: The maximum number of items that wait for a batch. The default is three batches,
            because a caller does better to try again later than to wait longer.
        retry_one_by_one: Whether to process the items of a failed batch one by one, given the
            batch's exception, so that a bad item does not fail the others.
        clock: Returns seconds.
    """

    def __init__(
        self,
        process: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        gathering: Gathering,
        max_batch: int = 200,
        max_queued: int = 600,
        retry_one_by_one: Callable[[Exception], bool] = lambda _error: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process = process
        self._gathering = gathering
        self._max_batch = max_batch
        self._max_queued = max_queued
        self._retry_one_by_one = retry_one_by_one
        self._clock = clock
        self._queue: deque[_Queued[T, R]] = deque()
        self._enough = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def submit(
        self, item: T, *, deadline: float = math.inf, has_left: HasLeft = never_leaves
    ) -> R:
        """Queue an item and return its result once its batch is processed.

        An item is dropped if its caller leaves before its batch starts. After that, it is processed
        even if the caller is cancelled.

        Args:
            item: The item.
            deadline: The time of the clock until which its batch must start.
            has_left: Whether the caller has left.

        Raises:
            OverloadedError: The queue is full, or the deadline passed. The item is not processed.
            Exception: The exception that was returned for the item, or raised for its batch.
        """
        if len(self._queue) >= self._max_queued:
            raise OverloadedError
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append(_Queued(item, deadline, has_left, result))
        if len(self._queue) >= self._max_batch:
            self._enough.set()
        if not self._running:
            # An empty context, because the batches of this task belong to many requests.
            self._running = asyncio.create_task(self._run(), context=Context())
        return await result

    async def drain(self) -> None:
        """Wait until all submitted items are processed."""
        while self._running:
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._gather()
                if batch := await self._next_batch():
                    began = self._clock()
                    await self._run_batch(batch)
                    self._gathering.record(len(batch), self._clock() - began)
        finally:
            # A done callback would run too late: an item submitted before it would wait for a
            # task that does not read the queue again.
            self._running = None

    async def _gather(self) -> None:
        if len(self._queue) < self._max_batch:
            self._enough.clear()
            await sleep_unless(self._enough, self._gathering.seconds())

    async def _next_batch(self) -> list[_Queued[T, R]]:
        size = min(self._max_batch, len(self._queue))
        candidates = [self._queue.popleft() for _ in range(size)]
        return [queued for queued in candidates if await self._is_wanted(queued)]

    async def _is_wanted(self, queued: _Queued[T, R]) -> bool:
        dropped = queued.deadline < self._clock() or await queued.has_left()
        if dropped and not queued.result.done():
            queued.result.set_exception(OverloadedError())
        return not queued.result.done()

    async def _run_batch(self, batch: Sequence[_Queued[T, R]]) -> None:
        outcomes = await self._outcomes([queued.item for queued in batch])
        for queued, outcome in zip(batch, outcomes, strict=True):
            if queued.result.cancelled():
                continue
            if isinstance(outcome, Exception):
                queued.result.set_exception(outcome)
            else:
                queued.result.set_result(outcome)

    async def _outcomes(self, items: Sequence[T]) -> Sequence[R | Exception]:
        try:
            return await self._process(items)
        except Exception as error:  # noqa: BLE001 - every caller of the batch receives it.
            if len(items) == 1 or not self._retry_one_by_one(error):
                return [error] * len(items)
        return [outcome for item in items for outcome in await self._outcomes([item])]
