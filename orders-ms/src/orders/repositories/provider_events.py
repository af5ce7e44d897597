"""The collection `provider_events`: what the provider of card payments has reported."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pymongo import DESCENDING, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from orders.models.cards import ProviderEvent
from shopkit.clock import Clock, utc_now
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session

COLLECTION = "provider_events"
POSITION_COLLECTION = "provider_position"
KEPT = timedelta(days=60)
"""How long events are kept. The provider forgets them after 30 days."""
CLAIM = timedelta(seconds=20)
"""How long an event is left to the process that has taken it."""
PARKED_LIMIT = 100

_POSITION = "events"
_SCHEMA = {
    "bsonType": "object",
    "required": ["type", "created_at", "live", "session_id", "payment_intent", "received_at"],
    "properties": {
        "due_at": {"bsonType": "date"},
        "parked": {"bsonType": "string"},
        "applied_at": {"bsonType": "date"},
    },
}
_POSITION_SCHEMA = {
    "bsonType": "object",
    "required": ["since"],
    "properties": {"since": {"bsonType": "date"}},
}


class ParkedEvent(NamedTuple):
    """An event that could not be applied, and why."""

    event: ProviderEvent
    reason: str


class ProviderEventRepository:
    """Reads and writes the events.

    Args:
        database: The database.
        clock: The database's clock.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._events = database[COLLECTION]
        self._position = database[POSITION_COLLECTION]
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collections and their indexes."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await ensure_collection(database, POSITION_COLLECTION, _POSITION_SCHEMA)
        events = database[COLLECTION]
        await events.create_index(
            "due_at", name="pending", partialFilterExpression={"due_at": {"$exists": True}}
        )
        await events.create_index(
            [("received_at", -1)],
            name="parked",
            partialFilterExpression={"parked": {"$exists": True}},
        )
        await events.create_index(
            "received_at", name="expiry", expireAfterSeconds=int(KEPT.total_seconds())
        )

    async def add(self, events: Sequence[ProviderEvent]) -> int:
        """Store the events that are not stored yet, and return how many those are."""
        now = self._clock()
        result = await self._events.bulk_write(
            [
                UpdateOne({"_id": event.id}, {"$setOnInsert": _document(event, now)}, upsert=True)
                for event in events
            ],
            ordered=False,
        )
        return result.upserted_count

    async def take_pending(self) -> ProviderEvent | None:
        """Return an event that has to be applied, longest due first.

        Other processes leave it alone for 20 seconds. If this one fails, it is due again then.
        """
        now = self._clock()
        document = await self._events.find_one_and_update(
            {"due_at": {"$lte": now}},
            {"$set": {"due_at": now + CLAIM}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return _event(document) if document else None

    async def mark_applied(self, event_id: str, *, session: Session) -> None:
        """Store that an event was applied."""
        update = {"$set": {"applied_at": self._clock()}, "$unset": {"due_at": ""}}
        await self._events.update_one({"_id": event_id}, update, session=session)

    async def park(self, event_id: str, reason: str) -> None:
        """Set an event aside for an admin."""
        update = {"$set": {"parked": reason}, "$unset": {"due_at": ""}}
        await self._events.update_one({"_id": event_id}, update)

    async def find_parked(self) -> list[ParkedEvent]:
        """Return the last events that were set aside, newest first."""
        rows = self._events.find({"parked": {"$exists": True}})
        newest = rows.sort("received_at", DESCENDING).limit(PARKED_LIMIT)
        return [ParkedEvent(_event(row), row["parked"]) async for row in newest]

    async def position(self) -> datetime:
        """Return until when all events are stored: now, at the first call."""
        position = await self._position.find_one({"_id": _POSITION})
        if position is None:
            position = {"_id": _POSITION, "since": self._clock()}
            try:
                await self._position.insert_one(position)
            except DuplicateKeyError:
                return await self.position()
        since: datetime = position["since"]
        return since

    async def move_position(self, until: datetime) -> None:
        """Store until when all events are stored. It never moves backwards."""
        await self._position.update_one({"_id": _POSITION}, {"$max": {"since": until}})


def _document(event: ProviderEvent, now: datetime) -> Document:
    return {
        "type": event.type,
        "created_at": event.created_at,
        "live": event.live,
        "session_id": event.session_id,
        "payment_intent": event.payment_intent,
        "received_at": now,
        "due_at": now,
    }


def _event(document: Document) -> ProviderEvent:
    return ProviderEvent(
        id=document["_id"],
        type=document["type"],
        created_at=document["created_at"],
        live=document["live"],
        session_id=document["session_id"],
        payment_intent=document["payment_intent"],
    )
