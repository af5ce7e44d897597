"""Readiness checks: whether the parts that a service depends on work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[None]]
"""Returns if a part works. Otherwise raises an error whose text is the reason."""


async def failing_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """Run all checks concurrently and return the names of the failing parts with their reasons."""
    reasons = await asyncio.gather(*(_reason(check) for check in checks.values()))
    return {name: reason for name, reason in zip(checks, reasons, strict=True) if reason}


async def _reason(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - any error is the reason.
        return str(error) or type(error).__name__
    return ""
