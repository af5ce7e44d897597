"""The transactional outbox: stores a message in the transaction of the change that it announces.

The relay then sends it to Kafka at least once. See Richardson, "Transactional outbox",
microservices.io.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson import Binary
from pymongo.write_concern import WriteConcern

from shopkit.clock import Clock, utc_now
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.storage.unit_of_work import Message, Publication
from shopkit.tracing.context import TraceContext

COLLECTION = "outbox"
LEASE = timedelta(seconds=3)
"""How long a row belongs to the process that wrote, leased or renewed it. Sweepers skip it.

The rows of a process that died wait this long."""
RETENTION = timedelta(days=1)
"""How long a row is kept after it was sent."""
_CHUNK = 1_000
MAX_COUNT = 10_000
"""The maximum of messages that `measure` looks at."""

_SCHEMA = {
    "bsonType": "object",
    "required": ["type", "topic", "key", "value", "time"],
    "properties": {"value": {"bsonType": "binData"}, "time": {"bsonType": "date"}},
}


@dataclass(frozen=True)
class Backlog:
    """The messages that are not sent yet.

    Attributes:
        unsent: How many there are, at most 10,000.
        age: The age of the oldest of them, zero if there is none.
    """

    unsent: int = 0
    age: timedelta = timedelta()


class Outbox:
    """The collection `outbox`.

    Args:
        database: The database.
        clock: The database's clock, because other processes read the leases.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._rows = database[COLLECTION]
        # If a crash loses one of these writes, a message is sent again, which consumers detect. So
        # the relay does not wait for the journal and the other members between two batches.
        self._bookkeeping = database.get_collection(COLLECTION, write_concern=WriteConcern(w=1))
        self._clock = clock
        self._owner = secrets.token_hex(8)

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection, the index for the sweeper, and the index that expires rows."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        rows = database[COLLECTION]
        await rows.create_index(
            "leased_until", name="unsent", partialFilterExpression={"unsent": True}
        )
        await rows.create_index(
            "sent_at", name="sent", expireAfterSeconds=int(RETENTION.total_seconds())
        )

    @staticmethod
    async def migrate_expiry(database: Database) -> None:
        """Expire each row by the time at which it was sent.

        Earlier releases kept the rows of an order until it was settled.
        """
        await Outbox.migrate(database)
        if "expiry" in await database[COLLECTION].index_information():
            await database[COLLECTION].drop_index("expiry")

    async def add(self, publications: Sequence[Publication], *, session: Session) -> None:
        """Store new messages, leased to this process."""
        if publications:
            leased_until = self._clock() + LEASE
            lease = {"leased_until": leased_until, "leased_by": self._owner}
            documents = [_document(publication) | lease for publication in publications]
            await self._rows.insert_many(documents, ordered=True, session=session)

    async def add_again(self, publications: Sequence[Publication], *, session: Session) -> None:
        """Mark messages as unsent again, and store those that have expired."""
        ids = _ids(publications)
        rows = self._rows.find({"_id": {"$in": ids}}, {"_id": 1}, session=session)
        stored = {row["_id"] async for row in rows}
        if stored:
            await self._rows.update_many(
                {"_id": {"$in": list(stored)}},
                {
                    "$set": {
                        "unsent": True,
                        "leased_until": self._clock() + LEASE,
                        "leased_by": self._owner,
                    },
                    # Otherwise the row could expire before it is sent.
                    "$unset": {"sent_at": ""},
                },
                session=session,
            )
        expired = [item for item in publications if item.message.id not in stored]
        await self.add(expired, session=session)

    async def find_unsent(self, ids: Iterable[str]) -> set[str]:
        """Return the ids of those messages that have not been sent yet."""
        rows = self._rows.find({"_id": {"$in": list(ids)}, "unsent": True}, {"_id": 1})
        return {row["_id"] async for row in rows}

    async def lease_unsent(self, limit: int) -> list[Publication]:
        """Lease and return unsent messages without a valid lease, oldest lease first.

        The update that leases a row checks again that it has no valid lease, so that one process
        leases it even if several find it.
        """
        now = self._clock()
        free = {"unsent": True, "leased_until": {"$lt": now}}
        while True:
            found = self._rows.find(free, {"_id": 1}).sort("leased_until", 1).limit(limit)
            ids = [row["_id"] async for row in found]
            if not ids:
                return []
            lease = {"leased_until": now + LEASE, "leased_by": self._owner}
            leased = await self._rows.update_many({**free, "_id": {"$in": ids}}, {"$set": lease})
            if leased.modified_count:
                rows = {
                    row["_id"]: row async for row in self._rows.find({"_id": {"$in": ids}, **lease})
                }
                return [_publication(rows[id_]) for id_ in ids if id_ in rows]

    async def renew(self, ids: Sequence[str]) -> None:
        """Renew the leases of unsent messages that still belong to this process."""
        for start in range(0, len(ids), _CHUNK):
            await self._bookkeeping.update_many(
                {
                    "_id": {"$in": ids[start : start + _CHUNK]},
                    "unsent": True,
                    "leased_by": self._owner,
                },
                {"$set": {"leased_until": self._clock() + LEASE}},
            )

    async def mark_sent(self, publications: Sequence[Publication]) -> None:
        """Mark messages that Kafka has acknowledged as sent."""
        await self._bookkeeping.update_many(
            {"_id": {"$in": _ids(publications)}},
            {"$set": {"sent_at": self._clock()}, "$unset": {"unsent": ""}},
        )

    async def postpone(self, publications: Sequence[Publication], delay: timedelta) -> None:
        """Postpone messages that could not be sent."""
        await self._bookkeeping.update_many(
            {"_id": {"$in": _ids(publications)}},
            {"$set": {"leased_until": self._clock() + delay}, "$inc": {"attempts": 1}},
        )

    async def measure(self) -> Backlog:
        """Return how many messages are unsent, and the age of the oldest.

        No index is ordered by age, because every message would pay for it. So this reads the
        unsent messages, which are few unless the broker is unavailable.
        """
        unsent = {"unsent": True, "leased_until": {"$exists": True}}
        summed = await self._rows.aggregate(
            [
                {"$match": unsent},
                {"$limit": MAX_COUNT},
                {"$group": {"_id": "$unsent", "unsent": {"$sum": 1}, "oldest": {"$min": "$time"}}},
            ]
        )
        async for row in summed:
            return Backlog(row["unsent"], max(timedelta(), self._clock() - row["oldest"]))
        return Backlog()


def _ids(publications: Iterable[Publication]) -> list[str]:
    return [publication.message.id for publication in publications]


def _document(publication: Publication) -> dict[str, Any]:
    message = publication.message
    return {
        "_id": message.id,
        "type": message.type,
        "topic": message.topic,
        "key": message.key,
        "partition_key": message.partition_key,
        "value": Binary(message.value),
        "source": message.source,
        "time": message.time,
        "request_id": message.trace_context.request_id,
        "traceparent": message.trace_context.traceparent,
        # Replicas of the previous release read it.
        "kept": False,
        "attempts": 0,
        "unsent": True,
    }


def _publication(document: Document) -> Publication:
    message = Message(
        id=document["_id"],
        type=document["type"],
        topic=document["topic"],
        key=document["key"],
        # Rows of earlier releases have none.
        partition_key=document.get("partition_key") or document["key"],
        value=bytes(document["value"]),
        source=document["source"],
        time=document["time"],
        trace_context=TraceContext(document["request_id"], document["traceparent"]),
    )
    return Publication(message, document["attempts"])
