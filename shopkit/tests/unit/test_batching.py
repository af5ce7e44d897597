import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pymongo
import pytest
from pymongo import _csot

from shopkit.batching import Batcher, OverloadedError
from shopkit.gathering import Gathering

Process = Callable[[Sequence[int]], Awaitable[Sequence[int | Exception]]]


class Work:
    """Doubles numbers. A batch starts at once and ends when it is released."""

    def __init__(self, *, held: bool = True) -> None:
        self.batches: list[list[int]] = []
        self.refuse: dict[int, Exception] = {}
        self.fail: Exception | None = None
        self._go = asyncio.Semaphore(0 if held else 1_000)

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        await self._go.acquire()
        if self.fail:
            raise self.fail
        return [self.refuse.get(item, item * 2) for item in items]

    def release(self, batches: int = 1) -> None:
        for _ in range(batches):
            self._go.release()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class FixedWait(Gathering):
    """Lets every batch wait equally long, and keeps what is recorded of each."""

    def __init__(self, wait: float) -> None:
        super().__init__("test")
        self.batches: list[tuple[int, float]] = []
        self._wait = wait

    def record(self, items: int, seconds: float) -> None:
        self.batches.append((items, seconds))

    def seconds(self) -> float:
        return self._wait


def a_batcher(process: Process, **options: Any) -> Batcher[int, int]:
    return Batcher(process, **{"gathering": Gathering("test"), **options})


def submit(batcher: Batcher[int, int], *items: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batcher.submit(item)) for item in items]


class TestSubmit:
    async def test_starts_at_once_if_nothing_is_running(self) -> None:
        # Given
        work = Work()
        (task,) = submit(a_batcher(work), 1)
        # When
        await settle()
        # Then
        assert work.batches == [[1]]
        work.release()
        assert await task == 2

    async def test_processes_concurrent_items_as_one_batch(self) -> None:
        # Given
        work = Work(held=False)
        # When
        results = await asyncio.gather(*submit(a_batcher(work), 1, 2, 3))
        # Then
        assert results == [2, 4, 6]
        assert work.batches == [[1, 2, 3]]

    async def test_queues_items_while_a_batch_is_running(self) -> None:
        # Given
        work = Work()
        batcher = a_batcher(work)
        tasks = submit(batcher, 1)
        await settle()
        # When
        tasks += submit(batcher, 2, 3, 4)
        await settle()
        # Then one batch runs at a time
        assert work.batches == [[1]]
        # When
        work.release()
        await settle()
        # Then
        assert work.batches == [[1], [2, 3, 4]]
        work.release()
        assert await asyncio.gather(*tasks) == [2, 4, 6, 8]

    async def test_limits_the_size_of_a_batch(self) -> None:
        # Given
        work = Work(held=False)
        # When
        results = await asyncio.gather(*submit(a_batcher(work, max_batch=3), *range(8)))
        # Then
        assert work.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]
        assert results == [item * 2 for item in range(8)]

    async def test_each_caller_gets_the_outcome_of_its_item(self) -> None:
        # Given
        work = Work(held=False)
        work.refuse = {2: ValueError("two is refused")}
        # When
        results = await asyncio.gather(*submit(a_batcher(work), 1, 2, 3), return_exceptions=True)
        # Then
        assert [results[0], results[2]] == [2, 6]
        assert results[1] is work.refuse[2]

    async def test_every_caller_gets_the_error_of_its_batch(self) -> None:
        # Given
        work = Work(held=False)
        work.fail = OSError("the database is unavailable")
        batcher = a_batcher(work)
        # When
        results = await asyncio.gather(*submit(batcher, 1, 2), return_exceptions=True)
        # Then
        assert results == [work.fail, work.fail]
        # When
        work.fail = None
        # Then later items are processed
        assert await batcher.submit(3) == 6

    async def test_processes_the_item_of_a_caller_cancelled_after_its_batch_started(self) -> None:
        # Given
        work = Work()
        work.refuse = {1: ValueError("no caller receives it")}
        batcher = a_batcher(work)
        one, two = submit(batcher, 1, 2)
        await settle()
        # When
        one.cancel()
        work.release()
        # Then
        assert await two == 4
        assert work.batches == [[1, 2]]
        with pytest.raises(asyncio.CancelledError):
            await one

    async def test_processes_an_item_that_arrives_as_the_last_batch_ends(self) -> None:
        # Given
        work = Work(held=False)
        batcher = a_batcher(work)
        # When
        async with asyncio.timeout(5):
            await batcher.submit(1)
            result = await batcher.submit(2)
        # Then
        assert result == 4


class TestOverload:
    async def test_drops_the_items_of_callers_that_were_cancelled_while_queued(self) -> None:
        # Given
        work = Work()
        batcher = a_batcher(work)
        (first,) = submit(batcher, 1)
        await settle()
        queued = submit(batcher, *range(2, 202))
        await settle()
        # When
        for task in queued[:-1]:
            task.cancel()
        work.release(2)
        # Then
        assert [await first, await queued[-1]] == [2, 402]
        assert work.batches == [[1], [201]]

    async def test_drops_the_items_of_callers_that_left_while_queued(self) -> None:
        # Given
        work = Work()
        batcher = a_batcher(work)
        left: set[int] = set()

        async def call(number: int) -> int:
            async def has_left() -> bool:
                return number in left

            return await batcher.submit(number, has_left=has_left)

        tasks = [asyncio.create_task(call(1))]
        await settle()
        tasks += [asyncio.create_task(call(number)) for number in (2, 3)]
        await settle()
        # When
        left |= {1, 2}
        work.release(2)
        # Then
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [results[0], results[2]] == [2, 6]
        assert isinstance(results[1], OverloadedError)
        assert work.batches == [[1], [3]]

    async def test_drops_items_whose_deadline_has_passed(self) -> None:
        # Given
        work, now = Work(), 0.0
        batcher = a_batcher(work, clock=lambda: now)
        first = asyncio.create_task(batcher.submit(1, deadline=0))
        await settle()
        late = asyncio.create_task(batcher.submit(2, deadline=12))
        in_time = asyncio.create_task(batcher.submit(3, deadline=13))
        await settle()
        # When
        now = 12.5
        work.release(2)
        # Then
        assert [await first, await in_time] == [2, 6]
        with pytest.raises(OverloadedError):
            await late
        assert work.batches == [[1], [3]]

    async def test_refuses_items_if_the_queue_is_full(self) -> None:
        # Given
        work = Work()
        batcher = a_batcher(work, max_queued=2)
        tasks = submit(batcher, 1)
        await settle()
        tasks += submit(batcher, 2, 3)
        await settle()
        # When / Then
        with pytest.raises(OverloadedError):
            await batcher.submit(4)
        work.release(2)
        assert await asyncio.gather(*tasks) == [2, 4, 6]
        assert work.batches == [[1], [2, 3]]


class TestGathering:
    async def test_a_batch_waits_until_there_are_enough_items(self) -> None:
        # Given
        work = Work(held=False)
        batcher = a_batcher(work, max_batch=3, gathering=FixedWait(3_600))
        # When
        tasks = submit(batcher, 1, 2)
        await settle()
        # Then
        assert work.batches == []
        # When
        tasks += submit(batcher, 3)
        # Then
        assert await asyncio.gather(*tasks) == [2, 4, 6]
        assert work.batches == [[1, 2, 3]]

    async def test_a_batch_waits_as_long_as_it_should(self) -> None:
        # Given
        work = Work(held=False)
        batcher = a_batcher(work, gathering=FixedWait(0.01))
        # When
        tasks = submit(batcher, 1)
        await settle()
        tasks += submit(batcher, 2)
        # Then
        assert await asyncio.gather(*tasks) == [2, 4]
        assert work.batches == [[1, 2]]

    async def test_remembers_each_batch(self) -> None:
        # Given
        now = 0.0

        async def process(items: Sequence[int]) -> Sequence[int]:
            nonlocal now
            now += 0.25
            return items

        gathering = FixedWait(0)
        batcher = a_batcher(process, max_batch=2, gathering=gathering, clock=lambda: now)
        # When
        await asyncio.gather(*submit(batcher, 1, 2, 3))
        # Then
        assert gathering.batches == [(2, 0.25), (1, 0.25)]


class TestContext:
    async def test_a_batch_has_no_deadline_of_a_single_request(self) -> None:
        # Given
        deadlines: list[float | None] = []

        async def process(items: Sequence[int]) -> Sequence[int]:
            deadlines.append(_csot.remaining())
            return items

        # When
        with pymongo.timeout(5):
            await a_batcher(process).submit(1)
        # Then
        assert deadlines == [None]


class TestRetryOneByOne:
    async def test_a_bad_item_does_not_fail_the_others(self) -> None:
        # Given
        async def process(items: Sequence[int]) -> Sequence[int]:
            if 2 in items:
                raise ValueError("two is refused")
            return [item * 2 for item in items]

        batcher = a_batcher(process, retry_one_by_one=lambda error: isinstance(error, ValueError))
        # When
        results = await asyncio.gather(*submit(batcher, 1, 2, 3), return_exceptions=True)
        # Then
        assert [results[0], results[2]] == [2, 6]
        assert isinstance(results[1], ValueError)

    async def test_other_errors_fail_the_whole_batch_at_once(self) -> None:
        # Given
        work = Work(held=False)
        work.fail = OSError("the database is unavailable")
        batcher = a_batcher(work, retry_one_by_one=lambda error: isinstance(error, ValueError))
        # When
        results = await asyncio.gather(*submit(batcher, 1, 2), return_exceptions=True)
        # Then
        assert results == [work.fail, work.fail]
        assert work.batches == [[1, 2]]


class TestDrain:
    async def test_waits_for_all_submitted_items(self) -> None:
        # Given
        work = Work()
        batcher = a_batcher(work, max_batch=1)
        tasks = submit(batcher, 1, 2)
        await settle()
        # When
        draining = asyncio.create_task(batcher.drain())
        await settle()
        # Then
        assert not draining.done()
        work.release(2)
        await asyncio.wait_for(draining, 5)
        assert work.batches == [[1], [2]]
        assert await asyncio.gather(*tasks) == [2, 4]

    async def test_returns_at_once_if_nothing_is_running(self) -> None:
        await asyncio.wait_for(a_batcher(Work()).drain(), 5)
