"""Loops that run for as long as their service: supervised, and stopped in order."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import Counter

RESTARTS_A_MINUTE = 5
_LONGEST_BACKOFF_SECONDS = 5.0
_CANCEL_AGAIN_SECONDS = 1.0

DEATHS = Counter("loop_deaths_total", "Ends of loops that should run for ever.", ["loop"])

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]


class LoopDeadError(Exception):
    """A loop has ended and is not running again yet."""


def _end_process() -> None:
    # No tidy end: whoever started the process sees that it failed, and starts it anew.
    os._exit(70)


class Loops:
    """Keeps loops running: one that dies is restarted with backoff.

    The process ends where a loop dies more than five times within a minute, so that its
    orchestrator sees what restarting in place does not mend.
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

        A cancellation that meets a library's `asyncio.wait_for` just as that returns is lost
        before Python 3.12 (bpo-37658), so it is repeated until it is heard.
        """
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=_CANCEL_AGAIN_SECONDS)

    async def check(self) -> None:
        """Return where all loops run.

        Raises:
            LoopDeadError: One has died and was not restarted yet; its text names it.
        """
        if self._dead:
            raise LoopDeadError("; ".join(f"{name}: {why}" for name, why in self._dead.items()))

    async def _keep_running(self, name: str, loop: Loop) -> None:
        deaths: deque[float] = deque(maxlen=RESTARTS_A_MINUTE)
        while True:
            try:
                await loop()
                why = "it returned"
            except Exception as error:
                log.exception("loop died", loop=name)
                why = repr(error)
            DEATHS.labels(name).inc()
            self._dead[name] = why
            now = time.monotonic()
            if len(deaths) == RESTARTS_A_MINUTE and now - deaths[0] < 60:
                log.critical("loop dies again and again; the process ends", loop=name)
                self._give_up()
            deaths.append(now)
            await asyncio.sleep(min(0.1 * 2 ** len(deaths), _LONGEST_BACKOFF_SECONDS))
            del self._dead[name]


def every(seconds: float, step: Callable[[], Awaitable[object]]) -> Loop:
    """Return a loop that takes a step, waits, and takes the next."""

    async def loop() -> None:
        while True:
            await step()
            await asyncio.sleep(seconds)

    return loop


def forgiving(
    step: Callable[[], Awaitable[object]], is_temporary: Callable[[BaseException], bool]
) -> Callable[[], Awaitable[None]]:
    """Return a step that leaves what fails for a temporary reason to the next one."""

    async def forgiving_step() -> None:
        try:
            await step()
        except Exception as error:
            if not is_temporary(error):
                raise
            log.warning("left to the next step", error=repr(error))

    return forgiving_step
