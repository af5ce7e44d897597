"""Group commit: concurrent requests are processed as one batch.

A transaction costs the database about the same for one order as for fifty. While one batch is
running, the next requests queue up for the batch after it. No request waits for others to arrive:
if nothing is running, a batch starts at once. See DeWitt et al., "Implementation techniques for
main memory database systems", 1984.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Collects items and processes them in batches.

    Args:
        process: Takes a batch of items and returns, for each, its result or the exception that
            its caller receives.
        max_batch: The maximum number of items in a batch.
        concurrency: The maximum number of batches that run at the same time.
        retry_one_by_one: Whether to process the items of a failed batch one by one, given the
            batch's exception, so that a bad item does not fail the others.
    """

    def __init__(
        self,
        process: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        max_batch: int = 50,
        concurrency: int = 2,
        retry_one_by_one: Callable[[Exception], bool] = lambda _error: False,
    ) -> None:
        self._process = process
        self._max_batch = max_batch
        self._concurrency = concurrency
        self._retry_one_by_one = retry_one_by_one
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """Queue an item and return its result once its batch is processed.

        The item is processed even if the caller is cancelled.

        Raises:
            Exception: The exception that was returned for the item, or raised for its batch.
        """
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, result))
        if len(self._running) < self._concurrency:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await result

    async def drain(self) -> None:
        """Wait until all submitted items are processed."""
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self) -> None:
        try:
            while self._queue:
                size = min(self._max_batch, len(self._queue))
                await self._run_batch([self._queue.popleft() for _ in range(size)])
        finally:
            # A done callback would run too late: an item submitted before it would wait for a
            # task that does not read the queue again.
            self._running.discard(_current_task())

    async def _run_batch(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        outcomes = await self._outcomes([item for item, _ in batch])
        for (_, result), outcome in zip(batch, outcomes, strict=True):
            if result.cancelled():
                continue
            if isinstance(outcome, Exception):
                result.set_exception(outcome)
            else:
                result.set_result(outcome)

    async def _outcomes(self, items: Sequence[T]) -> Sequence[R | Exception]:
        try:
            return await self._process(items)
        except Exception as error:  # noqa: BLE001 - every caller of the batch receives it.
            if len(items) == 1 or not self._retry_one_by_one(error):
                return [error] * len(items)
        return [outcome for item in items for outcome in await self._outcomes([item])]


def _current_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task  # noqa: S101 - the caller is a coroutine of a task.
    return task
