"""The clock, passed as an argument so that tests can control it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time in UTC, with its time zone."""


def utc_now() -> datetime:
    """Return the current time in UTC, to the millisecond, as MongoDB stores it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
