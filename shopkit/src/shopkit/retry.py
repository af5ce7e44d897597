"""Waits for what a command needs and what may come up only after it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.5

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def patiently(
    what: str,
    step: Callable[[], Awaitable[T]],
    away: type[Exception] | tuple[type[Exception], ...],
    *,
    seconds: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> T:
    """Take a step, again and again while what it needs is away, and return what it gives.

    Args:
        what: What it needs, for the log.
        step: The step; it does nothing, or is harmless when repeated, where it fails.
        away: The errors by which it says that what it needs is away.
        seconds: After how long the last error counts.
        pause: The seconds between two tries.
    """
    deadline = time.monotonic() + seconds
    told = False
    while True:
        try:
            return await step()
        except away as error:
            if time.monotonic() > deadline:
                raise
            if not told:
                log.info("waiting", what=what, error=repr(error))
            told = True
        await asyncio.sleep(pause)
