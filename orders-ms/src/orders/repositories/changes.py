"""The changes of the collection `orders`, in the order of the database's log.

This reads MongoDB's change streams instead of Kafka topics. They report every status that is stored
here, including PENDING and CANCELLED, and only after a majority has it. Each change has a token
from which any replica can continue. See docs/decisions/0007.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from pymongo.asynchronous.change_stream import AsyncCollectionChangeStream
from pymongo.errors import OperationFailure

from shopkit.storage.mongo import Database, Document, is_temporary

AWAIT_MILLISECONDS = 200

_STATUS_CHANGED: Document = {
    "$or": [
        {"operationType": "insert"},
        {"updateDescription.updatedFields.status": {"$exists": True}},
        {"updateDescription.updatedFields.cancel_confirmed": {"$exists": True}},
        {"updateDescription.updatedFields.version": {"$exists": True}},
    ]
}


class LogLostError(Exception):
    """The log no longer contains a token, or never did."""


@contextmanager
def detect_lost_log() -> Iterator[None]:
    """Turn the database's error for a lost log into LogLostError."""
    try:
        yield
    except OperationFailure as error:
        if is_temporary(error):
            raise
        raise LogLostError from error


class Change(NamedTuple):
    """A change of an order's status, or only a position in the log.

    Attributes:
        token: The position in the log. Tokens sort in the order of the log.
        order_id: The order, None if the change is only a position.
    """

    token: str
    order_id: str | None


class Feed:
    """Reads the log, from the position at which it was opened."""

    def __init__(self, stream: AsyncCollectionChangeStream[Document]) -> None:
        self._stream = stream

    async def next(self) -> Change:
        """Return the next change, or the current position if there is none within 200 ms."""
        with detect_lost_log():
            document = await self._stream.try_next()
        if document is None:
            return Change(self.position, None)
        return Change(document["_id"]["_data"], str(document["documentKey"]["_id"]))

    @property
    def position(self) -> str:
        """The token up to which the log has been read."""
        token = self._stream.resume_token
        return str(token["_data"]) if token else ""


class OrderChanges:
    """Opens the log."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    @asynccontextmanager
    async def watch(self, after: str | None) -> AsyncIterator[Feed]:
        """Yield the log.

        Args:
            after: The token after which to start, or None for new changes only.

        Raises:
            LogLostError: The log no longer contains the token.
        """
        options: dict[str, Any] = {"resume_after": {"_data": after}} if after else {}
        pipeline: list[Document] = [{"$match": _STATUS_CHANGED}, {"$project": {"documentKey": 1}}]
        with detect_lost_log():
            stream = await self._orders.watch(
                pipeline, max_await_time_ms=AWAIT_MILLISECONDS, **options
            )
        async with stream:
            yield Feed(stream)
