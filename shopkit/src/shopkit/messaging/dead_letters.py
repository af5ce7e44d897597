"""Dead letters: messages that could not be applied, stored once each.

An admin can replay or discard a dead letter, which changes its status. Nothing is deleted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bson import Binary
from prometheus_client import Counter
from pymongo import DESCENDING

from shopkit.clock import Clock, utc_now
from shopkit.storage.keyset import Keyset, text_key, time_key
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session

COLLECTION = "dead_letters"

PARKED = Counter("dead_letters_parked_total", "Messages that could not be applied.", ["topic"])

_MAX_REASON = 2_000
_NEWEST = Keyset(time_key("parked_at", DESCENDING), text_key("_id", DESCENDING))
_SCHEMA = {"bsonType": "object", "required": ["topic", "value", "status", "parked_at", "reason"]}


class DeadLetterStatus(StrEnum):
    """What was done with a dead letter. A parked one waits for an admin."""

    PARKED = "parked"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka message as it was received.

    Attributes:
        last_offset: Set if the value is not a message, but a batch of messages up to this offset
            that the Kafka client cannot decode.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    last_offset: int | None = None

    @property
    def id(self) -> str:
        """A hash of topic, key and value, so that repeated messages make one dead letter."""
        digest = hashlib.sha256()
        for part in (self.topic.encode(), self.key or b"", self.value or b""):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What an admin did with a dead letter."""

    at: datetime
    actor: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be applied.

    Attributes:
        record: The message.
        reason: Why it could not be applied.
        status: What was done with it.
        parked_at: When it was stored.
        history: What admins did with it, oldest first.
    """

    record: Record
    reason: str
    status: DeadLetterStatus
    parked_at: datetime
    history: tuple[HistoryEntry, ...]


class DeadLetterRepository:
    """The collection `dead_letters`.

    Args:
        database: The database.
        clock: The database's clock.
        release: The release that runs.
    """

    def __init__(self, database: Database, clock: Clock = utc_now, release: str = "") -> None:
        self._letters = database[COLLECTION]
        self._clock = clock
        self._release = release

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and the index for its list."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await database[COLLECTION].create_index([("status", 1), *_NEWEST.sort])

    async def add(self, record: Record, reason: str) -> bool:
        """Store a message that could not be applied, and return whether it is new."""
        result = await self._letters.update_one(
            {"_id": record.id},
            {
                "$setOnInsert": {
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "key": Binary(record.key or b""),
                    "value": Binary(record.value or b""),
                    "headers": [[name, Binary(value)] for name, value in record.headers],
                    "last_offset": record.last_offset,
                    "reason": reason[:_MAX_REASON],
                    "status": DeadLetterStatus.PARKED,
                    "parked_at": self._clock(),
                    "release": self._release,
                    "history": [],
                }
            },
            upsert=True,
        )
        if result.upserted_id is not None:
            PARKED.labels(record.topic).inc()
        return result.upserted_id is not None

    async def count_recent(self, topic: str, period: timedelta, since: datetime | None) -> int:
        """Return how many messages of a topic this release has parked lately and not closed.

        Args:
            topic: The topic.
            period: How far to look back.
            since: The earliest time to count from, None for no other limit than the period.
        """
        start = self._clock() - period
        return await self._letters.count_documents(
            {
                "status": DeadLetterStatus.PARKED,
                "parked_at": {"$gt": max(start, since or start)},
                "topic": topic,
                "release": self._release,
            }
        )

    async def find_by_id(self, letter_id: str) -> DeadLetter | None:
        """Return the dead letter."""
        document = await self._letters.find_one({"_id": letter_id})
        return _letter(document) if document else None

    async def page(
        self, status: DeadLetterStatus | None, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[DeadLetter], str | None]:
        """Return a page of dead letters, newest first, and the cursor of the next page.

        Args:
            status: The status to filter by.
            limit: The maximum number of dead letters.
            cursor: The cursor of the page before, or None for the first page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        # The index begins with the status, so the dead letters of all statuses are merged.
        statuses = [status] if status else list(DeadLetterStatus)
        queries: list[Document] = [{"status": one} for one in statuses]
        rows, next_cursor = await _NEWEST.page_of_any(
            self._letters, queries, limit=limit, cursor=cursor
        )
        return [_letter(row) for row in rows], next_cursor

    async def update_parked(
        self, letter_id: str, entry: HistoryEntry, status: DeadLetterStatus, *, session: Session
    ) -> bool:
        """Update a dead letter that is parked, and return whether it was still parked."""
        result = await self._letters.update_one(
            {"_id": letter_id, "status": DeadLetterStatus.PARKED},
            {"$set": {"status": status}, "$push": {"history": asdict(entry)}},
            session=session,
        )
        return bool(result.matched_count)


def _letter(document: Document) -> DeadLetter:
    return DeadLetter(
        record=Record(
            topic=document["topic"],
            partition=document["partition"],
            offset=document["offset"],
            key=bytes(document["key"]),
            value=bytes(document["value"]),
            headers=tuple((name, bytes(value)) for name, value in document["headers"]),
            last_offset=document.get("last_offset"),
        ),
        reason=document["reason"],
        status=DeadLetterStatus(document["status"]),
        parked_at=document["parked_at"],
        history=tuple(HistoryEntry(**entry) for entry in document["history"]),
    )
