"""Background loops: supervised while the service runs, and stopped in order."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

RESTARTS_PER_MINUTE = 5
_MAX_BACKOFF_SECONDS = 5.0
_REPEAT_CANCEL_SECONDS = 1.0
_EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h: an internal error."""

DEATHS = Counter("loop_deaths_total", "Unexpected ends of background loops.", ["loop"])

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]


class LoopDeadError(Exception):
    """A loop ended and has not been restarted yet."""


def _end_process() -> None:
    # Without cleanup, so that the supervisor sees a failure and starts a new process.
    os._exit(_EXIT_CODE)


class Loops:
    """Runs loops in the background and restarts a loop that ends, with backoff.

    If a loop ends more than five times within a minute, restarting it does not help, and the
    process ends so that its supervisor starts a new one. See docs/decisions/0013.
    """

    def __init__(
        self, loops: Mapping[str, Loop], give_up: Callable[[], None] = _end_process
    ) -> None:
        self._loops = loops
        self._give_up = give_up
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
        deaths: deque[float] = deque(maxlen=RESTARTS_PER_MINUTE)
        while True:
            try:
                await loop()
                reason = "it returned"
            except Exception as error:
                log.exception("loop died", loop=name)
                reason = repr(error)
            DEATHS.labels(name).inc()
            self._dead[name] = reason
            now = time.monotonic()
            if len(deaths) == RESTARTS_PER_MINUTE and now - deaths[0] < 60:
                log.critical("loop keeps dying; the process ends", loop=name)
                self._give_up()
            deaths.append(now)
            await asyncio.sleep(min(0.1 * 2 ** len(deaths), _MAX_BACKOFF_SECONDS))
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
