"""A database in memory, a clock that the test holds, and sleeps that do not last."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.apps import mock_database
from shopkit.testing.deliveries import NOON
from shopkit.tracing import context

Counted = Callable[..., float]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def database() -> Database:
    return mock_database()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; these are the seconds that would have been slept, in order."""
    yield_once = asyncio.sleep
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await yield_once(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return seconds


@pytest.fixture
def counted() -> Counted:
    """Tells a metric's value, 0 where it was never counted."""

    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    return counted


@pytest.fixture(autouse=True)
def _no_origin() -> None:
    context.activate(context.TraceContext("", ""))
