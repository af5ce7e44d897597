"""Retries for commands that may start before the database or the broker they need."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

TIMEOUT_SECONDS = 60.0
PAUSE_SECONDS = 0.5

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def retry_until_available(
    dependency: str,
    step: Callable[[], Awaitable[T]],
    unavailable: type[Exception] | tuple[type[Exception], ...],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    pause_seconds: float = PAUSE_SECONDS,
) -> T:
    """Run a step until its dependency is available, and return the step's result.

    Args:
        dependency: The dependency's name, for the log.
        step: The step. It must be safe to repeat after it failed.
        unavailable: The errors that mean that the dependency is unavailable. Once the timeout has
            passed, the last of them is raised.
        timeout_seconds: How long to retry.
        pause_seconds: How long to wait between two attempts.
    """
    deadline = time.monotonic() + timeout_seconds
    logged = False
    while True:
        try:
            return await step()
        except unavailable as error:
            if time.monotonic() > deadline:
                raise
            if not logged:
                log.info("waiting", dependency=dependency, error=repr(error))
            logged = True
        await asyncio.sleep(pause_seconds)
