"""Readiness checks: whether the parts that a service depends on work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[None]]
"""Returns if a part works. Otherwise raises an error whose text is the reason."""


class PausedError(Exception):
    """A part waits for an operator or for another release. The service is ready without it."""


class Findings(NamedTuple):
    """What the checks found.

    Attributes:
        failing: The reasons of the failing parts, by name. The service is not ready.
        paused: The names of the parts that are paused. The service is ready.
    """

    failing: dict[str, str]
    paused: list[str]


async def run_checks(checks: Mapping[str, Check]) -> Findings:
    """Run all checks concurrently, and return which parts are failing or paused."""
    errors = await asyncio.gather(*(_error(check) for check in checks.values()))
    found = {name: error for name, error in zip(checks, errors, strict=True) if error}
    return Findings(
        failing={
            name: str(error) or type(error).__name__
            for name, error in found.items()
            if not isinstance(error, PausedError)
        },
        paused=[name for name, error in found.items() if isinstance(error, PausedError)],
    )


async def _error(check: Check) -> Exception | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return TimeoutError(f"no answer within {CHECK_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001 - any error is the reason.
        return error
    return None
