"""The transactional outbox: stores a message in the transaction of the change that it announces.

The relay then sends it to Kafka at least once. See Richardson, "Transactional outbox",
microservices.io.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import Binary

from shopkit.clock import Clock, utc_now
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.storage.unit_of_work import Message, Publication
from shopkit.tracing.context import TraceContext

COLLECTION = "outbox"
LEASE = timedelta(seconds=10)
"""How long a row belongs to the process that wrote or leased it. The sweeper skips it meanwhile."""
RETENTION = timedelta(days=1)
"""How long a row is kept after it was sent and is no longer needed."""
MAX_COUNT = 10_000
"""The maximum that `count_unsent` counts to."""

_SCHEMA = {
    "bsonType": "object",
    "required": ["type", "topic", "key", "value", "time", "kept"],
    "properties": {"value": {"bsonType": "binData"}, "time": {"bsonType": "date"}},
}


class Outbox:
    """The collection `outbox`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._rows = database[COLLECTION]
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection, the index for the sweeper, and the index that expires rows."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await database[COLLECTION].create_index(
            "leased_until", name="unsent", partialFilterExpression={"unsent": True}
        )
        await database[COLLECTION].create_index("expire_at", name="expiry", expireAfterSeconds=0)

    async def add(self, publications: Sequence[Publication], *, session: Session) -> None:
        """Store new messages, leased to this process."""
        if publications:
            leased_until = self._clock() + LEASE
            documents = [_document(publication, leased_until) for publication in publications]
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
                    "$set": {"unsent": True, "leased_until": self._clock() + LEASE},
                    # Otherwise the row could expire before it is sent.
                    "$unset": {"expire_at": ""},
                },
                session=session,
            )
        expired = [item for item in publications if item.message.id not in stored]
        await self.add(expired, session=session)

    async def find_unsent(self, ids: Iterable[str]) -> set[str]:
        """Return the ids of those messages that have not been sent yet."""
        rows = self._rows.find({"_id": {"$in": list(ids)}, "unsent": True}, {"_id": 1})
        return {row["_id"] async for row in rows}

    async def release(self, ids: Sequence[str], *, session: Session) -> None:
        """Let messages that were kept until they are settled expire."""
        await self._rows.update_many(
            {"_id": {"$in": list(ids)}},
            {"$set": {"kept": False, "expire_at": self._clock() + RETENTION}},
            session=session,
        )

    async def lease_unsent(self, limit: int) -> list[Publication]:
        """Lease and return unsent messages without a valid lease, oldest lease first.

        Two processes may lease the same row. Leases save work, and consumers tolerate duplicates.
        """
        now = self._clock()
        rows = self._rows.find({"unsent": True, "leased_until": {"$lt": now}})
        documents = await rows.sort("leased_until", 1).limit(limit).to_list()
        if documents:
            await self._rows.update_many(
                {"_id": {"$in": [document["_id"] for document in documents]}},
                {"$set": {"leased_until": now + LEASE}},
            )
        return [_publication(document) for document in documents]

    async def mark_sent(self, publications: Sequence[Publication]) -> None:
        """Mark messages that Kafka has acknowledged as sent."""
        now = self._clock()
        for kept in (False, True):
            ids = _ids(item for item in publications if item.keep_until_settled is kept)
            changes: Document = {"sent_at": now}
            if not kept:
                changes["expire_at"] = now + RETENTION
            if ids:
                await self._rows.update_many(
                    {"_id": {"$in": ids}}, {"$set": changes, "$unset": {"unsent": ""}}
                )

    async def postpone(self, publications: Sequence[Publication], delay: timedelta) -> None:
        """Postpone messages that could not be sent."""
        await self._rows.update_many(
            {"_id": {"$in": _ids(publications)}},
            {"$set": {"leased_until": self._clock() + delay}, "$inc": {"attempts": 1}},
        )

    async def count_unsent(self) -> int:
        """Return the number of unsent messages, at most 10,000."""
        return await self._rows.count_documents(
            {"unsent": True, "leased_until": {"$exists": True}}, limit=MAX_COUNT
        )


def _ids(publications: Iterable[Publication]) -> list[str]:
    return [publication.message.id for publication in publications]


def _document(publication: Publication, leased_until: datetime) -> dict[str, Any]:
    message = publication.message
    return {
        "_id": message.id,
        "type": message.type,
        "topic": message.topic,
        "key": message.key,
        "value": Binary(message.value),
        "source": message.source,
        "time": message.time,
        "request_id": message.trace_context.request_id,
        "traceparent": message.trace_context.traceparent,
        "kept": publication.keep_until_settled,
        "attempts": 0,
        "unsent": True,
        "leased_until": leased_until,
    }


def _publication(document: Document) -> Publication:
    message = Message(
        id=document["_id"],
        type=document["type"],
        topic=document["topic"],
        key=document["key"],
        value=bytes(document["value"]),
        source=document["source"],
        time=document["time"],
        trace_context=TraceContext(document["request_id"], document["traceparent"]),
    )
    return Publication(message, document["kept"], document["attempts"])
