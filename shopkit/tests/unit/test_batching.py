import asyncio
from collections.abc import Sequence

import pytest

from shopkit.batching import Batcher


class Work:
    """Doubles numbers; a batch begins at once and ends when it is let go."""

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

    def let_go(self, batches: int = 1) -> None:
        for _ in range(batches):
            self._go.release()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def submit(batcher: Batcher[int, int], *items: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batcher.submit(item)) for item in items]


class TestSubmit:
    async def test_begins_at_once_where_nothing_is_on_its_way(self) -> None:
        # Given
        work = Work()
        (task,) = submit(Batcher(work), 1)
        # When
        await settle()
        # Then
        assert work.batches == [[1]]
        work.let_go()
        assert await task == 2

    async def test_those_that_come_together_go_together(self) -> None:
        # Given
        work = Work(held=False)
        # When
        results = await asyncio.gather(*submit(Batcher(work), 1, 2, 3))
        # Then
        assert results == [2, 4, 6]
        assert work.batches == [[1, 2, 3]]

    async def test_gathers_while_batches_are_on_their_way(self) -> None:
        # Given
        work = Work()
        batcher = Batcher(work, at_once=2)
        tasks = submit(batcher, 1)
        await settle()
        tasks += submit(batcher, 2)
        await settle()
        # When
        tasks += submit(batcher, 3, 4, 5)
        await settle()
        # Then: two are on their way, and no more.
        assert work.batches == [[1], [2]]
        # When
        work.let_go()
        await settle()
        # Then
        assert work.batches == [[1], [2], [3, 4, 5]]
        work.let_go(2)
        assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]

    async def test_a_batch_is_bounded(self) -> None:
        # Given
        work = Work(held=False)
        # When
        results = await asyncio.gather(*submit(Batcher(work, most=3, at_once=1), *range(8)))
        # Then
        assert work.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]
        assert results == [item * 2 for item in range(8)]

    async def test_each_caller_gets_what_became_of_its_own_item(self) -> None:
        # Given
        work = Work(held=False)
        work.refuse = {2: ValueError("two is refused")}
        # When
        results = await asyncio.gather(*submit(Batcher(work), 1, 2, 3), return_exceptions=True)
        # Then
        assert [results[0], results[2]] == [2, 6]
        assert results[1] is work.refuse[2]

    async def test_every_caller_gets_what_the_whole_batch_raised(self) -> None:
        # Given
        work = Work(held=False)
        work.fail = OSError("the database is away")
        batcher = Batcher(work)
        # When
        results = await asyncio.gather(*submit(batcher, 1, 2), return_exceptions=True)
        # Then
        assert results == [work.fail, work.fail]
        # When
        work.fail = None
        # Then: later ones are not held up.
        assert await batcher.submit(3) == 6

    async def test_a_cancelled_callers_item_is_done_all_the_same(self) -> None:
        # Given
        work = Work()
        work.refuse = {1: ValueError("nobody hears it")}
        batcher = Batcher(work)
        one, two = submit(batcher, 1, 2)
        await settle()
        # When
        one.cancel()
        work.let_go()
        # Then
        assert await two == 4
        assert work.batches == [[1, 2]]
        with pytest.raises(asyncio.CancelledError):
            await one

    async def test_an_item_that_comes_just_as_the_last_batch_ends_is_not_left_behind(self) -> None:
        # Given
        work = Work(held=False)
        batcher = Batcher(work, at_once=1)
        # When
        async with asyncio.timeout(5):
            await batcher.submit(1)
            result = await batcher.submit(2)
        # Then
        assert result == 4


class TestDrain:
    async def test_waits_for_all_that_was_submitted(self) -> None:
        # Given
        work = Work()
        batcher = Batcher(work, most=1, at_once=1)
        tasks = submit(batcher, 1, 2)
        await settle()
        # When
        draining = asyncio.create_task(batcher.drain())
        await settle()
        # Then
        assert not draining.done()
        work.let_go(2)
        await asyncio.wait_for(draining, 5)
        assert work.batches == [[1], [2]]
        assert await asyncio.gather(*tasks) == [2, 4]

    async def test_returns_at_once_where_nothing_is_on_its_way(self) -> None:
        await asyncio.wait_for(Batcher(Work()).drain(), 5)
