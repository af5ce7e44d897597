"""The transactional outbox: an event is stored in the transaction of the change it tells of.

A relay then carries it to Kafka, at least once. See Richardson, "Transactional outbox",
microservices.io.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Binary

from shopkit.clock import Clock, utc_now
from shopkit.contract.events import Message
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.tracing.context import Origin

COLLECTION = "outbox"
LEASE = timedelta(seconds=10)
"""How long a row belongs to the process that wrote or took it; the sweeper leaves it alone."""
RETENTION = timedelta(days=1)
"""How long a row is kept after it was sent and is no longer needed."""

SCHEMA = {
    "bsonType": "object",
    "required": ["type", "topic", "key", "value", "time", "kept"],
    "properties": {"value": {"bsonType": "binData"}, "time": {"bsonType": "date"}},
}


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the outbox.

    `kept` rows outlive their sending until `release`d, since what they tell of is not settled.
    """

    message: Message
    kept: bool = False
    attempts: int = 0


HandOver = Callable[[Sequence[Row]], None]
"""Tells the relay of rows whose transaction is known to be committed."""


class Outbox:
    """The collection `outbox`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._rows = database[COLLECTION]
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and its indexes: for the sweeper, and to expire what is done."""
        await ensure_collection(database, COLLECTION, SCHEMA)
        await database[COLLECTION].create_index(
            "leased_until", name="unsent", partialFilterExpression={"unsent": True}
        )
        await database[COLLECTION].create_index("expire_at", name="expiry", expireAfterSeconds=0)

    async def add(self, rows: Sequence[Row], *, session: Session) -> None:
        """Store new rows, leased to this process."""
        if rows:
            leased_until = self._clock() + LEASE
            documents = [_to_document(row, leased_until) for row in rows]
            await self._rows.insert_many(documents, ordered=True, session=session)

    async def send_again(self, rows: Sequence[Row], *, session: Session) -> None:
        """Have rows sent once more, whether they are still stored or have expired."""
        ids = [row.message.id for row in rows]
        found = self._rows.find({"_id": {"$in": ids}}, {"_id": 1}, session=session)
        stored = {row["_id"] async for row in found}
        if stored:
            await self._rows.update_many(
                {"_id": {"$in": list(stored)}},
                {
                    "$set": {"unsent": True, "leased_until": self._clock() + LEASE},
                    # It would be lost if it expired while it waits.
                    "$unset": {"expire_at": ""},
                },
                session=session,
            )
        await self.add([row for row in rows if row.message.id not in stored], session=session)

    async def unsent_of(self, ids: Iterable[str]) -> set[str]:
        """Return those of the ids whose rows wait to be sent."""
        found = self._rows.find({"_id": {"$in": list(ids)}, "unsent": True}, {"_id": 1})
        return {row["_id"] async for row in found}

    async def release(self, ids: Sequence[str], *, session: Session) -> None:
        """Let kept rows expire: what they tell of is settled."""
        await self._rows.update_many(
            {"_id": {"$in": list(ids)}},
            {"$set": {"kept": False, "expire_at": self._clock() + RETENTION}},
            session=session,
        )

    async def take_unsent(self, limit: int) -> list[Row]:
        """Lease and return rows that wait to be sent and belong to nobody, oldest lease first.

        Two processes may take the same row: leases save work, and readers bear duplicates.
        """
        now = self._clock()
        found = self._rows.find({"unsent": True, "leased_until": {"$lt": now}})
        documents = await found.sort("leased_until", 1).limit(limit).to_list()
        if documents:
            await self._rows.update_many(
                {"_id": {"$in": [document["_id"] for document in documents]}},
                {"$set": {"leased_until": now + LEASE}},
            )
        return [_from_document(document) for document in documents]

    async def mark_sent(self, rows: Sequence[Row]) -> None:
        """Note that Kafka has acknowledged rows."""
        now = self._clock()
        for kept in (False, True):
            ids = [row.message.id for row in rows if row.kept is kept]
            changes: Document = {"sent_at": now}
            if not kept:
                changes["expire_at"] = now + RETENTION
            if ids:
                await self._rows.update_many(
                    {"_id": {"$in": ids}}, {"$set": changes, "$unset": {"unsent": ""}}
                )

    async def postpone(self, rows: Sequence[Row], delay: timedelta) -> None:
        """Leave rows that could not be sent alone for a while."""
        await self._rows.update_many(
            {"_id": {"$in": [row.message.id for row in rows]}},
            {"$set": {"leased_until": self._clock() + delay}, "$inc": {"attempts": 1}},
        )

    async def count_unsent(self) -> int:
        """Return how many rows wait to be sent, counted to 10,000."""
        return await self._rows.count_documents(
            {"unsent": True, "leased_until": {"$exists": True}}, limit=10_000
        )


def _to_document(row: Row, leased_until: datetime) -> dict[str, Any]:
    message = row.message
    return {
        "_id": message.id,
        "type": message.type,
        "topic": message.topic,
        "key": message.key,
        "value": Binary(message.value),
        "source": message.source,
        "time": message.time,
        "request_id": message.origin.request_id,
        "traceparent": message.origin.traceparent,
        "kept": row.kept,
        "attempts": 0,
        "unsent": True,
        "leased_until": leased_until,
    }


def _from_document(document: Document) -> Row:
    message = Message(
        id=document["_id"],
        type=document["type"],
        topic=document["topic"],
        key=document["key"],
        value=bytes(document["value"]),
        source=document["source"],
        time=document["time"],
        origin=Origin(document["request_id"], document["traceparent"]),
    )
    return Row(message, document["kept"], document["attempts"])
