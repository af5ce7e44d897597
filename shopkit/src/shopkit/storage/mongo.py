"""MongoDB: the client, and which of its errors are temporary."""

from typing import Any

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


class GuardMissedError(Exception):
    """A guarded write did not find the document in the expected state. Read it again."""


def connect(settings: MongoSettings, service: str) -> AsyncMongoClient[Document]:
    """Return a client that gives up on an unreachable server after 3 s.

    Reads and writes use majority concern, so that a primary without a majority cannot return or
    acknowledge data that is rolled back later.
    """
    return AsyncMongoClient(
        settings.mongo_url.get_secret_value(),
        appname=service,
        tz_aware=True,
        serverSelectionTimeoutMS=3_000,
        connectTimeoutMS=3_000,
        socketTimeoutMS=20_000,
        maxPoolSize=50,
        readConcernLevel="majority",
        w="majority",
        wTimeoutMS=10_000,
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
