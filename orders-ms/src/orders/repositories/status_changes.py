"""The changes of orders' statuses, from the database's log, for the statistics."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bson import Timestamp
from pymongo.asynchronous.change_stream import AsyncCollectionChangeStream

from orders.models.statistics import StatusChange
from orders.repositories.changes import LogLostError, detect_lost_log
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import Database, Document

BATCH = 1_000
BATCH_SECONDS = 0.5
"""How long changes are collected, so that they share a transaction."""
READ_SECONDS = 0.2
"""How long reading a batch may take. Otherwise a steady trickle of changes would prolong it."""
AWAIT_MILLISECONDS = 3_000
"""How long the database holds a request for changes while there are none."""

_CHANGED_FIELDS = "updateDescription.updatedFields"
_PIPELINE: list[Document] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$ne": "update"}},
                {f"{_CHANGED_FIELDS}.status": {"$exists": True}},
            ]
        }
    },
    {
        "$project": {
            "operationType": 1,
            "documentKey": 1,
            "fullDocument.status": 1,
            f"{_CHANGED_FIELDS}.status": 1,
            f"{_CHANGED_FIELDS}.history": 1,
        }
    },
]


class StatusFeed:
    """Reads the log, from the position at which it was opened."""

    def __init__(self, stream: AsyncCollectionChangeStream[Document]) -> None:
        self._stream = stream
        self._more = False

    async def next_batch(self) -> list[StatusChange]:
        """Wait up to three seconds for a change, and return those of half a second, at most 1,000.

        Raises:
            LogLostError: The log lacks changes, or does not say what changed.
        """
        changes: list[StatusChange] = []
        deadline = math.inf
        with detect_lost_log():
            while len(changes) < BATCH and time.monotonic() < deadline:
                document = await self._stream.try_next()
                if document is None:
                    break
                if not changes:
                    # The changes that arrive meanwhile are then read with few requests.
                    await asyncio.sleep(0 if self._more else BATCH_SECONDS)
                    deadline = time.monotonic() + READ_SECONDS
                changes.append(_status_change(document))
        self._more = len(changes) == BATCH
        return changes

    @property
    def token(self) -> str | None:
        """The token up to which the log has been read."""
        token = self._stream.resume_token
        return str(token["_data"]) if token else None


class StatusChanges:
    """Opens the log."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    @asynccontextmanager
    async def watch(self, token: str | None, counted_at: Timestamp) -> AsyncIterator[StatusFeed]:
        """Yield the log.

        Args:
            token: The token after which to start, None to start after a time.
            counted_at: The time after which to start if there is no token.

        Raises:
            LogLostError: The log no longer contains the position.
        """
        after_count = Timestamp(counted_at.time, counted_at.inc + 1)
        start: dict[str, Any] = (
            {"resume_after": {"_data": token}}
            if token
            else {"start_at_operation_time": after_count}
        )
        with detect_lost_log():
            stream = await self._orders.watch(
                _PIPELINE, max_await_time_ms=AWAIT_MILLISECONDS, **start
            )
        async with stream:
            yield StatusFeed(stream)


def _status_change(document: Document) -> StatusChange:
    order_id = str(document.get("documentKey", {}).get("_id"))
    if document["operationType"] == "insert":
        return StatusChange(order_id, None, OrderStatus(document["fullDocument"]["status"]))
    fields = document.get("updateDescription", {}).get("updatedFields", {})
    # Nothing deletes or replaces orders, except a person or a restore. The log does not say what
    # such an order was, so everything has to be counted again.
    history = fields.get("history", [])
    if document["operationType"] != "update" or len(history) < 2:
        raise LogLostError
    return StatusChange(
        order_id, OrderStatus(history[-2]["status"]), OrderStatus(history[-1]["status"])
    )
