"""Group commit: what many callers ask for at the same time is done as one piece of work.

A transaction costs the database the same for one order as for fifty, so while one is on its way
the next callers gather. Nobody waits for others to come: where nothing is on its way, work starts
at once. The method is that of DeWitt et al., "Implementation techniques for main memory database
systems", 1984.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Gathers items and hands them to one function.

    Args:
        work: Given items, returns for each its result, or the exception that its caller gets.
        most: The most items of one batch.
        at_once: The most batches on their way.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int = 50,
        at_once: int = 2,
    ) -> None:
        self._work = work
        self._most = most
        self._at_once = at_once
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: T) -> R:
        """Return the item's result once its batch is done.

        A caller that is cancelled leaves its item to be done all the same.

        Raises:
            Exception: What the work returned for the item, or raised for the whole batch.
        """
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if len(self._running) < self._at_once:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await result

    async def drain(self) -> None:
        """Wait until everything submitted is done."""
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self) -> None:
        try:
            while self._waiting:
                count = min(self._most, len(self._waiting))
                await self._run_batch([self._waiting.popleft() for _ in range(count)])
        finally:
            # Here and not in a callback, which comes later: an item submitted in between would
            # rely on a task that no longer looks.
            self._running.discard(_present_task())

    async def _run_batch(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        outcomes: Sequence[R | Exception]
        try:
            outcomes = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - each caller gets it.
            outcomes = [error] * len(batch)
        for (_, result), outcome in zip(batch, outcomes, strict=True):
            if result.cancelled():
                continue
            if isinstance(outcome, Exception):
                result.set_exception(outcome)
            else:
                result.set_result(outcome)


def _present_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task  # noqa: S101 - it is called within one.
    return task
