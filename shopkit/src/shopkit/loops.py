"""Background loops: supervised while the service runs, and stopped in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

MAX_BACKOFF_SECONDS = 5.0
STABLE_SECONDS = 60.0
"""How long a loop must run before the backoff after its next failure starts from the beginning."""
FINISH_SECONDS = 5.0
"""How long loops that stop by themselves may take before they are cancelled."""
CANCEL_SECONDS = 1.0
"""How long a cancelled loop may take to end before it is cancelled again."""
_MAX_DOUBLINGS = 10

DEATHS = Counter("loop_deaths_total", "Unexpected ends of background loops.", ["loop"])

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]


class LoopDeadError(Exception):
    """A loop ended and has not been restarted yet."""


class Loops:
    """Runs loops in the background and restarts a loop that ends, with backoff.

    The process keeps serving requests meanwhile, and is not ready. See docs/decisions/0013.

    Args:
        loops: The loops by name.
        stop: Asks the loops to finish their work and return, None if they can be cancelled at any
            time.
    """

    def __init__(self, loops: Mapping[str, Loop], stop: Callable[[], None] | None = None) -> None:
        self._loops = loops
        self._stop = stop
        self._stopping = False
        self._dead: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start all loops."""
        for name in self._loops:
            # The series exists from the start, so that an alert sees the first death.
            DEATHS.labels(name)
        self._tasks = [
            asyncio.create_task(self._keep_running(name, loop), name=name)
            for name, loop in self._loops.items()
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all loops, cancel those that do not end in time, and wait until all have ended.

        Before Python 3.12, a cancellation is lost if it arrives just as `asyncio.wait_for` returns
        in a library (bpo-37658), so it is repeated until the task has ended.
        """
        self._stopping = True
        if self._stop and self._tasks:
            self._stop()
            await asyncio.wait(self._tasks, timeout=FINISH_SECONDS)
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=CANCEL_SECONDS)

    async def check(self) -> None:
        """Check that all loops are running.

        Raises:
            LoopDeadError: A loop ended and has not been restarted yet. The text names it.
        """
        if self._dead:
            reasons = (f"{name}: {reason}" for name, reason in self._dead.items())
            raise LoopDeadError("; ".join(reasons))

    async def _keep_running(self, name: str, loop: Loop) -> None:
        failures = 0
        while not self._stopping:
            started = time.monotonic()
            reason = await _run(name, loop)
            if self._stopping:
                return
            DEATHS.labels(name).inc()
            self._dead[name] = reason
            if time.monotonic() - started > STABLE_SECONDS:
                failures = 0
            failures += 1
            await asyncio.sleep(min(0.1 * 2 ** min(failures, _MAX_DOUBLINGS), MAX_BACKOFF_SECONDS))
            del self._dead[name]


async def _run(name: str, loop: Loop) -> str:
    """Run a loop until it ends, and return why it ended."""
    try:
        await loop()
    except asyncio.CancelledError:
        # Something that the loop awaits may have been cancelled, and not the loop itself.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        log.exception("loop died", loop=name)
        return "an inner task was cancelled"
    except Exception as error:
        log.exception("loop died", loop=name)
        return repr(error)
    return "it returned"


async def sleep_unless(stopping: asyncio.Event, seconds: float) -> None:
    """Sleep until the time is over or the event is set."""
    if seconds <= 0:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()


def every(seconds: float, step: Callable[[], Awaitable[object]]) -> Loop:
    """Return a loop that repeats a step and pauses between two runs of it."""

    async def loop() -> None:
        while True:
            await step()
            await asyncio.sleep(seconds)

    return loop


def skip_temporary_errors(
    step: Callable[[], Awaitable[object]], is_temporary: Callable[[BaseException], bool]
) -> Callable[[], Awaitable[None]]:
    """Return a step that logs temporary errors, so that the next run of the loop retries."""

    async def tolerant_step() -> None:
        try:
            await step()
        except Exception as error:
            if not is_temporary(error):
                raise
            log.warning("step failed; the next run retries", error=repr(error))

    return tolerant_step
