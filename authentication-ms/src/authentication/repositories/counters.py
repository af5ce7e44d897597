"""The collection `throttles`: counters that expire at the end of a window."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shopkit.storage.mongo import Database, Document

THROTTLES = "throttles"


@dataclass(frozen=True, slots=True)
class Count:
    """The value of a counter, and when its window ends."""

    value: int
    expires_at: datetime


class CounterRepository:
    """Counts events in windows that start with the first event.

    Each method is one atomic update outside of transactions, because a failed log-in must be
    counted even if its request fails.
    """

    def __init__(self, database: Database) -> None:
        self._counters = database[THROTTLES]

    async def increment(self, key: str, *, now: datetime, window: timedelta) -> Count:
        """Increment a counter, which starts at 0 in each window."""
        while True:
            document = await self._increment_open_window(key, now) or await self._start_window(
                key, now, now + window
            )
            if document:
                return Count(document["count"], document["expires_at"])

    async def _increment_open_window(self, key: str, now: datetime) -> Document | None:
        return await self._counters.find_one_and_update(
            {"_id": key, "expires_at": {"$gt": now}},
            {"$inc": {"count": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def _start_window(self, key: str, now: datetime, expires_at: datetime) -> Document | None:
        try:
            return await self._counters.find_one_and_update(
                {"_id": key, "expires_at": {"$lte": now}},
                {"$set": {"count": 1, "expires_at": expires_at}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another request started the window between the two updates. Count in that window.
            return None

    async def find(self, key: str, *, now: datetime) -> Count | None:
        """Return a counter, or None if its window has ended."""
        document = await self._counters.find_one({"_id": key, "expires_at": {"$gt": now}})
        return Count(document["count"], document["expires_at"]) if document else None

    async def decrement(self, key: str) -> None:
        """Decrement a counter that is above 0."""
        await self._counters.update_one({"_id": key, "count": {"$gt": 0}}, {"$inc": {"count": -1}})

    async def reset(self, key: str) -> None:
        """Reset a counter, so that the next event starts a window."""
        await self._counters.delete_one({"_id": key})
