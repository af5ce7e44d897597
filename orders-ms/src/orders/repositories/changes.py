"""What changes in the collection `orders`, in the order of the database's log.

MongoDB's change streams are used and not Kafka's topics: they tell of every status that is stored
here, placed and cancelled ones too, only once a majority has it, and each change has a token from
which any replica can read on.
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
    ]
}


class LogLostError(Exception):
    """The log does not reach back to a token, or the token is none of it."""


@contextmanager
def _lost_log() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if is_temporary(error):
            raise
        raise LogLostError from error


class Change(NamedTuple):
    """A change of an order's status, or (without an order) how far the log has been read.

    Tokens compare as the log is ordered.
    """

    token: str
    order_id: str | None


class Feed:
    """The log, read on from where it was opened."""

    def __init__(self, stream: AsyncCollectionChangeStream[Document]) -> None:
        self._stream = stream

    async def next(self) -> Change:
        """Return the next change, or how far the log is read where none comes within 200 ms."""
        with _lost_log():
            document = await self._stream.try_next()
        if document is None:
            return Change(self.position, None)
        return Change(document["_id"]["_data"], str(document["documentKey"]["_id"]))

    @property
    def position(self) -> str:
        """The token of how far the log has been read."""
        token = self._stream.resume_token
        return str(token["_data"]) if token else ""


class OrderChanges:
    """Opens the log."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    @asynccontextmanager
    async def watch(self, after: str | None, email: str | None = None) -> AsyncIterator[Feed]:
        """Yield the log of what changes.

        Args:
            after: The token after which to read, None for what is yet to come.
            email: Whose orders, None for everyone's.

        Raises:
            LogLostError: The log does not reach back so far.
        """
        options: dict[str, Any] = {"resume_after": {"_data": after}} if after else {}
        pipeline: list[Document] = [{"$match": _STATUS_CHANGED}]
        if email is not None:
            options["full_document"] = "updateLookup"
            pipeline.append({"$match": {"fullDocument.client_email": email}})
        pipeline.append({"$project": {"documentKey": 1}})
        with _lost_log():
            stream = await self._orders.watch(
                pipeline, max_await_time_ms=AWAIT_MILLISECONDS, **options
            )
        async with stream:
            yield Feed(stream)

    async def between(self, after: str, until: str, email: str, limit: int) -> list[Change]:
        """Return the changes of someone's orders from one token to another.

        Raises:
            LogLostError: The log does not reach back so far, or there are more than the limit.
        """
        changes: list[Change] = []
        async with self.watch(after, email) as feed:
            while len(changes) <= limit:
                change = await feed.next()
                if change.order_id is not None and change.token <= until:
                    changes.append(change)
                elif change.token >= until:
                    return changes
        raise LogLostError
