import asyncio
import gc
import weakref

import pytest

from products.services.coalescing import Coalescer


class Reader:
    """Counts its reads. Each ends when its gate opens."""

    def __init__(self) -> None:
        self.begun = 0
        self.gates: list[asyncio.Event] = []

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        gate = asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        return number


class Key:
    """A key that can be referenced weakly."""


async def read_nothing() -> None:
    await asyncio.sleep(0)


async def fail_to_read() -> None:
    raise KeyError("gone")


async def begin(*tasks: asyncio.Task[int]) -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class TestGet:
    async def test_a_single_caller_reads_at_once(self) -> None:
        shared, read = Coalescer[str, int](), Reader()
        first = asyncio.create_task(shared.get("a", read))
        await begin(first)
        read.gates[0].set()
        assert await first == 1

    async def test_callers_during_a_read_share_the_next_one(self) -> None:
        # Given
        shared, read = Coalescer[str, int](), Reader()
        first = asyncio.create_task(shared.get("a", read))
        await begin(first)
        # When
        later = [asyncio.create_task(shared.get("a", read)) for _ in range(3)]
        await begin(*later)
        # Then: none gets a result that was read before it asked, and all share one read.
        assert read.begun == 1
        read.gates[0].set()
        assert await first == 1
        await begin(*later)
        read.gates[1].set()
        assert await asyncio.gather(*later) == [2, 2, 2]
        assert read.begun == 2

    async def test_caches_nothing(self) -> None:
        shared, read = Coalescer[str, int](), Reader()
        for number in (1, 2, 3):
            task = asyncio.create_task(shared.get("a", read))
            await begin(task)
            read.gates[-1].set()
            assert await task == number

    async def test_keeps_no_key_after_its_reads(self) -> None:
        # Given
        shared, key = Coalescer[Key, None](), Key()
        reference = weakref.ref(key)
        # When
        await asyncio.gather(*(shared.get(key, read_nothing) for _ in range(3)))
        with pytest.raises(KeyError, match="gone"):
            await shared.get(key, fail_to_read)
        del key
        await asyncio.sleep(0)
        gc.collect()
        # Then
        assert reference() is None

    async def test_reads_of_other_keys_do_not_wait(self) -> None:
        shared, slow, quick = Coalescer[str, int](), Reader(), Reader()
        waits = asyncio.create_task(shared.get("a", slow))
        task = asyncio.create_task(shared.get("b", quick))
        await begin(waits, task)
        quick.gates[0].set()
        assert await task == 1
        assert not waits.done()
        slow.gates[0].set()
        assert await waits == 1

    async def test_an_error_reaches_the_callers_of_its_read_only(self) -> None:
        shared, read = Coalescer[str, int](), Reader()

        async def fail() -> int:
            await read()
            raise KeyError("gone")

        failing = asyncio.create_task(shared.get("a", fail))
        await begin(failing)
        after = asyncio.create_task(shared.get("a", read))
        await begin(after)
        read.gates[0].set()
        with pytest.raises(KeyError, match="gone"):
            await failing
        await begin(after)
        read.gates[1].set()
        assert await after == 2

    async def test_a_cancelled_caller_does_not_affect_the_others(self) -> None:
        shared, read = Coalescer[str, int](), Reader()
        first = asyncio.create_task(shared.get("a", read))
        await begin(first)
        leaves, stays = (asyncio.create_task(shared.get("a", read)) for _ in range(2))
        await begin(leaves, stays)
        leaves.cancel()
        read.gates[0].set()
        await begin(first)
        read.gates[1].set()
        assert await stays == 2
        assert await first == 1
