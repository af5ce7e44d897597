"""The database: a client, and transactions."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import pymongo
from pymongo import AsyncMongoClient, ReadPreference
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
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shopkit.settings import MongoSettings

DATABASE = "shop"
HTTP_SECONDS = 5.0
"""How long an HTTP request may retry its transaction."""
BACKGROUND_SECONDS = 20.0
"""How long anything else may: a consumer has to come back to its broker meanwhile."""

_DUPLICATES_RETRIED = 5

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Session = AsyncClientSession | None
"""A transaction's session; None only where a test double has no transactions."""

T = TypeVar("T")

SNAPSHOT = ReadConcern("snapshot")
MAJORITY_READ = ReadConcern("majority")
MAJORITY_WRITE = WriteConcern("majority", wtimeout=10_000)

_AWAY = (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    WTimeoutError,
)


def connect(settings: MongoSettings, service: str) -> AsyncMongoClient[Document]:
    """Return a client that gives up on an absent server after 3 s.

    Reads and writes ask for a majority, so that nothing is shown or answered that a primary
    which has been cut off could lose again.
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


class GuardMissedError(Exception):
    """A guarded write met another document than the one that was read; it has to be read again."""


def is_temporary(error: BaseException) -> bool:
    """Whether the same operation may succeed later, without anything being changed."""
    if isinstance(error, (*_AWAY, GuardMissedError)):
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("TransientTransactionError")
        or error.has_error_label("RetryableWriteError")
        or (isinstance(error, OperationFailure) and error.code in _TEMPORARY_CODES)
    )


def is_stale(error: BaseException) -> bool:
    """Whether a write met what its read had not shown: another state, or a value taken."""
    if isinstance(error, BulkWriteError):
        return any(one["code"] == _DUPLICATE for one in error.details["writeErrors"])
    return isinstance(error, (DuplicateKeyError, GuardMissedError))


_DUPLICATE = 11_000

# Not primary, shutting down, stepping down, host unreachable, exceeded time, and their kin; as the
# driver's specification "Retryable Reads" lists them. And 211, KeyNotFound: a primary of this
# moment has not read yet by which key cluster times are signed.
_TEMPORARY_CODES = frozenset(
    {6, 7, 50, 89, 91, 112, 134, 189, 211, 251, 262, 9001, 10107, 11600, 11602, 13435, 13436}
)


class Transactions(Protocol):
    """Runs work in a transaction; a unit test's double runs it without one."""

    async def run(
        self, work: Callable[[Session], Awaitable[T]], *, seconds: float = BACKGROUND_SECONDS
    ) -> T:
        """Run the work and commit; the work may be run more than once."""
        ...


class MongoTransactions:
    """Runs work in a transaction with snapshot reads and majority writes.

    Read first and write then: a duplicate key aborts the whole transaction, which is then run
    again with a fresh read, as is one that meets another's write, or misses a guard.
    """

    def __init__(self, client: AsyncMongoClient[Document]) -> None:
        self._client = client

    async def run(
        self, work: Callable[[Session], Awaitable[T]], *, seconds: float = BACKGROUND_SECONDS
    ) -> T:
        """Run the work and commit; the work may be run more than once, and must do no I/O else.

        Args:
            work: What to do, given the session that each read and write must carry.
            seconds: The bound of all tries together.

        Raises:
            pymongo.errors.PyMongoError: The transaction was not committed, or (on a network error
                or time-out while committing) may have been.
        """
        with pymongo.timeout(seconds):
            for tries_left in reversed(range(_DUPLICATES_RETRIED)):
                try:
                    return await self._run_once(work)
                except (DuplicateKeyError, BulkWriteError, GuardMissedError) as error:
                    if not tries_left or not is_stale(error):
                        raise
        raise AssertionError("unreachable")

    async def _run_once(self, work: Callable[[Session], Awaitable[T]]) -> T:
        async with self._client.start_session() as session:
            return await session.with_transaction(
                work,
                read_concern=SNAPSHOT,
                write_concern=MAJORITY_WRITE,
                read_preference=ReadPreference.PRIMARY,
            )


async def check_writable_primary(client: AsyncMongoClient[Document]) -> None:
    """Return where the database answers as a writable primary.

    Raises:
        ConnectionError: It answers, but takes no writes.
        pymongo.errors.PyMongoError: It does not answer.
    """
    answer = await client.admin.command("hello")
    if not answer.get("isWritablePrimary"):
        raise ConnectionError("the database has no writable primary")
