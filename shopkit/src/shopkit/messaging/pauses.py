"""Pauses: consumers that wait for an operator or for another release.

A pause belongs to a topic and a release. So it holds for all replicas of that release and across
restarts, and neither stops the replicas of another release nor outlives the fault.
"""

import sys
from datetime import datetime
from enum import StrEnum

from shopkit.clock import Clock
from shopkit.settings import MongoSettings
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import (
    DATABASE,
    Database,
    DatabaseClock,
    Document,
    check_writable_primary,
    connect,
)

COLLECTION = "consumers"

_MAX_REASON = 2_000
_SCHEMA = {
    "bsonType": "object",
    "required": ["topic", "release", "kind", "reason", "paused_at"],
    "properties": {"paused_at": {"bsonType": "date"}, "resumed_at": {"bsonType": "date"}},
}
_PAUSED: Document = {"resumed_at": {"$exists": False}}


class PauseKind(StrEnum):
    """Why a consumer is paused."""

    FAULT = "fault"
    """Applying an event failed in a way that an event cannot cause."""
    DEAD_LETTERS = "too many dead letters"


class PauseRepository:
    """The collection `consumers`: the last pause of each topic and release.

    Args:
        database: The database.
        release: The release that runs.
        clock: The database's clock.
    """

    def __init__(self, database: Database, release: str, clock: Clock) -> None:
        self._pauses = database[COLLECTION]
        self._release = release
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, _SCHEMA)

    async def add(self, topic: str, kind: PauseKind, reason: str) -> None:
        """Pause the consumers of a topic that belong to this release."""
        pause = {
            "topic": topic,
            "release": self._release,
            "kind": kind,
            "reason": reason[:_MAX_REASON],
            "paused_at": self._clock(),
        }
        await self._pauses.replace_one({"_id": self._id(topic)}, pause, upsert=True)

    async def is_paused(self, topic: str) -> bool:
        """Return whether the consumers of a topic that belong to this release are paused."""
        return await self._pauses.find_one({"_id": self._id(topic), **_PAUSED}) is not None

    async def resumed_at(self, topic: str) -> datetime | None:
        """Return when the last pause of a topic's consumers of this release ended."""
        pause = await self._pauses.find_one({"_id": self._id(topic)})
        return pause.get("resumed_at") if pause else None

    def _id(self, topic: str) -> str:
        return f"{topic}/{self._release}"


async def resume(database: Database, topic: str | None, clock: Clock) -> list[str]:
    """End the pauses of a topic, or of all topics, in all releases, and return the topics."""
    pauses = database[COLLECTION]
    paused = {**_PAUSED, "topic": topic} if topic else _PAUSED
    topics = sorted({pause["topic"] async for pause in pauses.find(paused, {"topic": 1})})
    await pauses.update_many(
        {**_PAUSED, "topic": {"$in": topics}}, {"$set": {"resumed_at": clock()}}
    )
    return topics


async def resume_and_print(service: str, settings: MongoSettings, topic: str | None) -> None:
    """Resume the consumers of a topic, or of all topics, and print the topics."""
    clock = DatabaseClock()
    async with connect(settings, service, clock) as client:
        await check_writable_primary(client)
        topics = await resume(client[DATABASE], topic, clock)
    sys.stdout.write(f"{service}: {', '.join(topics) or 'nothing'} resumed\n")
