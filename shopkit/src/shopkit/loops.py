"""Background loops: supervised while the service runs, and stopped in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

MAX_BACKOFF_SECONDS = 5.0
STABLE_SECONDS = 60.0
"""How long a loop must run before the backoff after its next failure starts from the beginning."""
_MAX_DOUBLINGS = 10
_REPEAT_CANCEL_SECONDS = 1.0

DEATHS = Counter("loop_deaths_total", "Unexpected ends of background loops.", ["loop"])

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]


class LoopDeadError(Exception):
    """A loop ended and has not been restarted yet."""


class Loops:
    """Runs loops in the background and restarts a loop that ends, with backoff.

    The process keeps serving requests meanwhile, and is not ready. See docs/decisions/0013.
    """

    def __init__(self, loops: Mapping[str, Loop]) -> None:
        self._loops = loops
        self._dead: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start all loops."""
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
        """Cancel all loops and wait until they have ended.

        Before Python 3.12, a cancellation is lost if it arrives just as `asyncio.wait_for` returns
        in a library (bpo-37658), so it is repeated until the task has ended.
        """
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=_REPEAT_CANCEL_SECONDS)

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
        while True:
            started = time.monotonic()
            try:
                await loop()
                reason = "it returned"
            except Exception as error:
                log.exception("loop died", loop=name)
                reason = repr(error)
            DEATHS.labels(name).inc()
            self._dead[name] = reason
            if time.monotonic() - started > STABLE_SECONDS:
                failures = 0
            failures += 1
            await asyncio.sleep(min(0.1 * 2 ** min(failures, _MAX_DOUBLINGS), MAX_BACKOFF_SECONDS))
            del self._dead[name]


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
