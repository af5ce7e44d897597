"""Databases, a fake clock, and sleeps that do not last."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from prometheus_client import REGISTRY

from shopkit.mail.mails import Mails
from shopkit.messaging.dead_letters import DeadLetterRepository
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.apps import mock_database
from shopkit.testing.databases import BACKENDS, open_database
from shopkit.testing.deliveries import NOON
from shopkit.tracing import context
from stack import Stack

MIGRATIONS = (
    Migration("0001-outbox", Outbox.migrate),
    Migration("0002-dead-letters", DeadLetterRepository.migrate),
    Migration("0003-audit", AuditTrail.migrate),
    Migration("0004-identity", DatabaseIdentity.migrate),
    Migration("0005-consumers", PauseRepository.migrate),
    Migration("0006-job-leases", JobLeases.migrate),
    Migration("0007-audit-actors", AuditTrail.migrate_actors),
    Migration("0008-mails", Mails.migrate),
)

Counted = Callable[..., float]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def database() -> Database:
    return mock_database()


@pytest.fixture(params=BACKENDS)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database in memory, and a real one."""

    def mongo_url() -> str:
        servers: Stack = request.getfixturevalue("servers")
        return servers.database_url("orders")

    async with open_database(request.param, mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
async def real_database(servers: Stack) -> AsyncIterator[Database]:
    """A real database, for tests of what mongomock lacks. They have the mark `mongod`."""
    mongo_url = servers.database_url("orders")
    async with open_database("mongod", lambda: mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace sleeps. These are the seconds that would have been slept, in order."""
    yield_once = asyncio.sleep
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)
        await yield_once(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return seconds


@pytest.fixture
def counted() -> Counted:
    """Return the value of a metric, 0 if it was never counted."""

    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    return counted


@pytest.fixture(autouse=True)
def _no_trace_context() -> None:
    context.activate(context.TraceContext("", ""))
