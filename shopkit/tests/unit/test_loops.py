import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from shopkit import loops
from shopkit.loops import LoopDeadError, Loops, every, skip_temporary_errors, sleep_unless

SLEEP = asyncio.sleep


async def forever() -> None:
    await asyncio.Event().wait()


class Dying:
    """A loop that dies a number of times and then keeps running."""

    def __init__(self, times: int, *, returns: bool = False) -> None:
        self.left = times
        self.starts = 0
        self.lives = asyncio.Event()
        self._returns = returns

    async def __call__(self) -> None:
        self.starts += 1
        if self.left:
            self.left -= 1
            if self._returns:
                return
            raise ZeroDivisionError("no more")
        self.lives.set()
        await forever()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Ends the backoff when it is set."""
    opened = asyncio.Event()

    async def sleep(_delay: float) -> None:
        await opened.wait()

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return opened


class TestLoops:
    async def test_starts_all_loops_and_stops_them_at_the_end(self) -> None:
        # Given
        ended: list[str] = []

        def loop(name: str) -> loops.Loop:
            async def run() -> None:
                try:
                    await forever()
                finally:
                    ended.append(name)

            return run

        # When
        async with Loops({"one": loop("one"), "two": loop("two")}) as running:
            await SLEEP(0)
            await running.check()
            assert ended == []
        # Then
        assert ended == ["one", "two"]

    @pytest.mark.parametrize(
        ("returns", "why"), [(False, r"ZeroDivisionError\('no more'\)"), (True, "it returned")]
    )
    async def test_check_names_a_dead_loop(
        self, gate: asyncio.Event, returns: bool, why: str
    ) -> None:
        # Given
        dying = Dying(1, returns=returns)
        async with Loops({"relay": dying, "other": forever}) as running:
            # When
            await SLEEP(0.001)
            # Then
            with pytest.raises(LoopDeadError, match=f"^relay: {why}$"):
                await running.check()
            # When
            gate.set()
            await asyncio.wait_for(dying.lives.wait(), 5)
            # Then
            await running.check()
        assert dying.starts == 2

    async def test_is_restarted_with_backoff(
        self, slept: list[float], counted: Callable[..., float]
    ) -> None:
        # Given
        dying, before = Dying(5), counted("loop_deaths_total", loop="sweeper")
        # When
        async with Loops({"sweeper": dying}):
            await asyncio.wait_for(dying.lives.wait(), 5)
        # Then
        assert slept == [0.2, 0.4, 0.8, 1.6, 3.2]
        assert counted("loop_deaths_total", loop="sweeper") == before + 5

    async def test_is_counted_from_zero_before_it_dies(self) -> None:
        async with Loops({"never died": forever}):
            assert REGISTRY.get_sample_value("loop_deaths_total", {"loop": "never died"}) == 0

    async def test_waits_at_most_five_seconds(self, slept: list[float]) -> None:
        dying = Dying(8)
        async with Loops({"relay": dying}):
            await asyncio.wait_for(dying.lives.wait(), 5)
        assert slept == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]

    async def test_starts_the_backoff_again_after_a_stable_minute(
        self, slept: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a loop whose every run takes 61 seconds
        readings: Iterator[float] = iter(range(0, 10_000, 61))
        monkeypatch.setattr(loops, "time", SimpleNamespace(monotonic=lambda: next(readings)))
        dying = Dying(3)
        # When
        async with Loops({"relay": dying}):
            await asyncio.wait_for(dying.lives.wait(), 5)
        # Then
        assert slept == [0.2, 0.2, 0.2]

    async def test_restarts_a_loop_whose_inner_task_was_cancelled(
        self, slept: list[float], counted: Callable[..., float]
    ) -> None:
        # Given
        lives, before = asyncio.Event(), counted("loop_deaths_total", loop="relay")
        cancelled = [asyncio.get_running_loop().create_future() for _ in range(2)]
        for future in cancelled:
            future.cancel()

        async def loop() -> None:
            if cancelled:
                await cancelled.pop()
            lives.set()
            await forever()

        # When
        async with Loops({"relay": loop}):
            await asyncio.wait_for(lives.wait(), 5)
        # Then
        assert slept == [0.2, 0.4]
        assert counted("loop_deaths_total", loop="relay") == before + 2

    async def test_names_a_loop_whose_inner_task_was_cancelled(self, gate: asyncio.Event) -> None:
        # Given
        cancelled = asyncio.get_running_loop().create_future()
        cancelled.cancel()

        async def loop() -> None:
            await cancelled

        # When
        async with Loops({"relay": loop}) as running:
            await SLEEP(0.001)
            # Then
            with pytest.raises(LoopDeadError, match=r"^relay: an inner task was cancelled$"):
                await running.check()


class TestStop:
    async def test_lets_loops_finish_before_it_cancels(self) -> None:
        # Given
        steps: list[str] = []
        stopping = asyncio.Event()

        async def loop() -> None:
            await stopping.wait()
            await SLEEP(0.01)
            steps.append("finished")

        # When
        async with Loops({"consumer": loop}, stopping.set) as running:
            await SLEEP(0)
        # Then
        assert steps == ["finished"]
        await running.check()

    async def test_cancels_a_loop_that_does_not_finish_in_time_and_lets_it_clean_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(loops, "FINISH_SECONDS", 0.01)
        steps: list[str] = []

        async def loop() -> None:
            try:
                await forever()
            finally:
                await SLEEP(0.05)
                steps.append("cleaned up")

        # When
        async with Loops({"consumer": loop}, lambda: steps.append("asked to stop")):
            await SLEEP(0)
        # Then
        assert steps == ["asked to stop", "cleaned up"]

    async def test_does_not_restart_a_loop_that_fails_while_it_stops(
        self, counted: Callable[..., float]
    ) -> None:
        # Given
        stopping, before = asyncio.Event(), counted("loop_deaths_total", loop="consumer")

        async def loop() -> None:
            await stopping.wait()
            raise ZeroDivisionError

        # When
        async with Loops({"consumer": loop}, stopping.set):
            await SLEEP(0)
        # Then
        assert counted("loop_deaths_total", loop="consumer") == before


class TestSleepUnless:
    async def test_ends_early_if_the_event_is_set(self) -> None:
        event = asyncio.Event()
        event.set()
        async with asyncio.timeout(5):
            await sleep_unless(event, 3_600)

    async def test_ends_when_the_time_is_over(self) -> None:
        await sleep_unless(asyncio.Event(), 0.001)


class TestEvery:
    async def test_repeats_the_step_with_pauses(self, slept: list[float]) -> None:
        # Given
        steps: list[int] = []

        async def step() -> None:
            steps.append(len(steps))
            if len(steps) == 3:
                raise ZeroDivisionError

        # When
        with pytest.raises(ZeroDivisionError):
            await every(0.5, step)()
        # Then
        assert steps == [0, 1, 2]
        assert slept == [0.5, 0.5]


class TestSkipTemporaryErrors:
    def step(self, error: Exception | None) -> Callable[[], object]:
        async def step() -> int:
            if error:
                raise error
            return 7

        return skip_temporary_errors(step, lambda error: isinstance(error, OSError))

    async def test_skips_a_temporary_error(self) -> None:
        assert await self.step(OSError("unavailable"))() is None  # type: ignore[misc]

    async def test_raises_other_errors(self) -> None:
        with pytest.raises(ValueError, match="for good"):
            await self.step(ValueError("for good"))()  # type: ignore[misc]

    async def test_returns_nothing(self) -> None:
        assert await self.step(None)() is None  # type: ignore[misc]


class TestExit:
    async def test_repeats_a_cancellation_that_was_lost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr("shopkit.loops.CANCEL_SECONDS", 0.01)
        lost = 0

        async def loses_the_first() -> None:
            nonlocal lost
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
            await asyncio.Event().wait()

        # When
        async with Loops({"deaf": loses_the_first}):
            await asyncio.sleep(0)
        # Then
        assert lost == 1
