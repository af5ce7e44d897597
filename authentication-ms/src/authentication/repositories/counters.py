"""The collection `throttles`: how often something happened in a window of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shopkit.storage.mongo import Database, Document

THROTTLES = "throttles"


@dataclass(frozen=True, slots=True)
class Count:
    """How often it happened, and when the window ends."""

    count: int
    expires_at: datetime


class CounterRepository:
    """Counts; each step is one atomic update, written to a majority, and in no transaction.

    A failure must be counted whatever becomes of the request.
    """

    def __init__(self, database: Database) -> None:
        self._counters = database[THROTTLES]

    async def increase(self, key: str, *, now: datetime, window: timedelta) -> Count:
        """Count once more, in a window that begins with the first count."""
        while True:
            row = await self._again(key, now) or await self._begin(key, now, now + window)
            if row:
                return Count(row["count"], row["expires_at"])

    async def _again(self, key: str, now: datetime) -> Document | None:
        return await self._counters.find_one_and_update(
            {"_id": key, "expires_at": {"$gt": now}},
            {"$inc": {"count": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def _begin(self, key: str, now: datetime, expires_at: datetime) -> Document | None:
        try:
            return await self._counters.find_one_and_update(
                {"_id": key, "expires_at": {"$lte": now}},
                {"$set": {"count": 1, "expires_at": expires_at}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another began the window between the two updates: count in theirs.
            return None

    async def decrease(self, key: str) -> None:
        """Take back one count."""
        await self._counters.update_one({"_id": key, "count": {"$gt": 0}}, {"$inc": {"count": -1}})

    async def forget(self, key: str) -> None:
        """Begin anew."""
        await self._counters.delete_one({"_id": key})
