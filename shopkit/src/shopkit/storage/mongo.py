"""MongoDB: the client, its clock, and which of its errors are temporary."""

import asyncio
import sys
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pymongo.lock
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from shopkit.settings import MongoSettings

DATABASE = "shop"

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Session = AsyncClientSession | None
"""The session of a transaction, or None outside a transaction."""

_UNAVAILABLE = (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

_DUPLICATE_KEY = 11_000
_KEY_NOT_FOUND = 211
"""The error code of a newly elected primary that has not loaded its signing keys yet."""

# The retryable errors of the driver specification "Retryable Reads": not primary, shutting down,
# stepping down, host unreachable, exceeded time and others.
_TEMPORARY_CODES = frozenset(
    {6, 7, 50, 89, 91, 112, 134, 189, 251, 262, 9001, 10107, 11600, 11602, 13435, 13436}
    | {_KEY_NOT_FOUND}
)


T = TypeVar("T")


async def _wait_for(awaitable: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - as in asyncio.
    async with asyncio.timeout(timeout):
        return await awaitable


if sys.version_info < (3, 12):
    # If a task is cancelled while the driver waits for a primary, asyncio.wait_for may return
    # before it has the driver's lock back. The lock is then never released, and the process hangs
    # when it ends. Python 3.12 implements wait_for like this function (python/cpython#98518).
    pymongo.lock.wait_for = _wait_for  # type: ignore[assignment, attr-defined]


class GuardMissedError(Exception):
    """A guarded write did not find the document in the expected state. Read it again."""


class DatabaseClock(ServerHeartbeatListener):
    """The clock of the database's primary, which all replicas of a service share.

    A lease or a date that another process reads later must not depend on the clock of the machine
    that this process happens to run on. The primary reports its time in every heartbeat, at least
    every ten seconds.
    """

    def __init__(self) -> None:
        self._reported: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """Return the current time in UTC, to the millisecond.

        Raises:
            pymongo.errors.AutoReconnect: No primary has reported its time yet.
        """
        if self._reported is None:
            raise AutoReconnect("no primary has reported its time yet")
        reported, at = self._reported
        return reported + timedelta(milliseconds=round((time.monotonic() - at) * 1000))

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Ignore the start of a heartbeat."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        """Set the clock if the server is the primary."""
        if event.reply.is_writable:
            reported = event.reply.document["localTime"].replace(tzinfo=UTC)
            self._reported = (reported, time.monotonic())

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Keep the time that was reported last."""


def connect(
    settings: MongoSettings, service: str, clock: DatabaseClock | None = None
) -> AsyncMongoClient[Document]:
    """Return a client that waits up to 12 s for a primary, which is as long as an election takes.

    Reads and writes use majority concern, so that a primary without a majority cannot return or
    acknowledge data that is rolled back later.

    Args:
        settings: The service's settings.
        service: The service's name, which the database logs.
        clock: The clock to set from the database's heartbeats.
    """
    # The driver verifies the certificate and the host name.
    ca_path = settings.tls_ca_path
    tls: dict[str, Any] = {"tls": True, "tlsCAFile": str(ca_path)} if ca_path else {}
    return AsyncMongoClient(
        settings.mongo_url.get_secret_value(),
        appname=service,
        tz_aware=True,
        serverSelectionTimeoutMS=12_000,
        connectTimeoutMS=3_000,
        socketTimeoutMS=20_000,
        maxPoolSize=50,
        readConcernLevel="majority",
        w="majority",
        wTimeoutMS=10_000,
        event_listeners=[clock] if clock else [],
        **tls,
    )


def is_temporary(error: BaseException) -> bool:
    """Return whether the same operation may succeed later."""
    if isinstance(error, (*_UNAVAILABLE, GuardMissedError)):
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("TransientTransactionError")
        or error.has_error_label("RetryableWriteError")
        or (isinstance(error, OperationFailure) and error.code in _TEMPORARY_CODES)
    )


def is_stale(error: BaseException) -> bool:
    """Return whether a write failed because the data changed after it was read."""
    if isinstance(error, BulkWriteError):
        return any(item["code"] == _DUPLICATE_KEY for item in error.details["writeErrors"])
    return isinstance(error, (DuplicateKeyError, GuardMissedError))


async def check_writable_primary(client: AsyncMongoClient[Document]) -> None:
    """Check that the client is connected to a writable primary.

    Raises:
        ConnectionError: The server answers, but does not accept writes.
        pymongo.errors.PyMongoError: The server does not answer.
    """
    response = await client.admin.command("hello")
    if not response.get("isWritablePrimary"):
        raise ConnectionError("the database has no writable primary")
