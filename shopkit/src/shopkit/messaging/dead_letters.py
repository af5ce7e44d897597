"""Events that could not be applied: parked once each, to be looked at, replayed or discarded.

What is done about one marks it; nothing is ever deleted.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from bson import Binary
from prometheus_client import Counter
from pydantic import BaseModel, Field

from shopkit.clock import Clock, utc_now
from shopkit.storage import cursors
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session

COLLECTION = "dead_letters"

PARKED = Counter("dead_letters_parked_total", "Events that could not be applied.", ["topic"])

SCHEMA = {"bsonType": "object", "required": ["topic", "value", "status", "parked_at", "reason"]}


class LetterStatus(StrEnum):
    """What has been done about a dead letter."""

    PARKED = "parked"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class LetterStep(BaseModel):
    """What an admin did about a dead letter."""

    at: datetime
    actor: str
    action: str
    detail: str


class Letter(BaseModel):
    """A dead letter; `event` is its body as text, with what is no text replaced."""

    id: str
    topic: str
    partition: int
    offset: int
    type: str
    key: str
    event: str
    reason: str
    status: LetterStatus
    parked_at: datetime
    history: list[LetterStep]


class LetterPage(BaseModel):
    """Some dead letters, newest first, and the cursor of those after them."""

    dead_letters: list[Letter]
    next_cursor: str | None


class LetterQuery(BaseModel):
    """Which dead letters are asked for."""

    status: LetterStatus | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=1_000)] = None


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka message as it came."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def id(self) -> str:
        """The hash of topic, key and value: the same message is parked once, however it comes."""
        digest = hashlib.sha256()
        for part in (self.topic.encode(), self.key or b"", self.value or b""):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()


class DeadLetters:
    """The collection `dead_letters`."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._letters = database[COLLECTION]
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and the index of its list: by status, newest first."""
        await ensure_collection(database, COLLECTION, SCHEMA)
        await database[COLLECTION].create_index([("status", 1), ("parked_at", -1), ("_id", -1)])

    async def park(self, record: Record, reason: str) -> bool:
        """Keep a message with the reason why it could not be applied; return whether it is new."""
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
                    "reason": reason[:2_000],
                    "status": LetterStatus.PARKED,
                    "parked_at": self._clock(),
                    "history": [],
                }
            },
            upsert=True,
        )
        if result.upserted_id is not None:
            PARKED.labels(record.topic).inc()
        return result.upserted_id is not None

    async def by_id(self, letter_id: str) -> Document | None:
        """Return the stored letter."""
        return await self._letters.find_one({"_id": letter_id})

    async def page(self, query: LetterQuery) -> LetterPage:
        """Return the letters that a query asks for, newest first.

        Raises:
            shopkit.storage.cursors.InvalidCursorError: The cursor is none of this list's.
        """
        parts: list[Document] = [{"status": query.status} if query.status else {}]
        if query.cursor:
            parts.append(_after(query.cursor))
        found = self._letters.find({"$and": parts}).sort([("parked_at", -1), ("_id", -1)])
        rows = await found.limit(query.limit + 1).to_list()
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        return LetterPage(
            dead_letters=[to_letter(row) for row in shown],
            next_cursor=_cursor(shown[-1]) if more else None,
        )

    async def note(
        self, letter_id: str, step: LetterStep, status: LetterStatus, *, session: Session
    ) -> bool:
        """Note what was done about a parked letter; return whether it was still parked."""
        result = await self._letters.update_one(
            {"_id": letter_id, "status": LetterStatus.PARKED},
            {"$set": {"status": status}, "$push": {"history": step.model_dump()}},
            session=session,
        )
        return bool(result.matched_count)


def to_letter(row: Document) -> Letter:
    """Return the letter that a document holds."""
    headers = {name: bytes(value) for name, value in row["headers"]}
    return Letter(
        id=row["_id"],
        type=headers.get("ce_type", b"").decode(errors="replace"),
        key=bytes(row["key"]).decode(errors="replace"),
        event=bytes(row["value"]).decode(errors="replace"),
        **{
            name: row[name]
            for name in ("topic", "partition", "offset", "reason", "status", "parked_at", "history")
        },
    )


def to_record(row: Document) -> Record:
    """Return the message that a document holds, as it came."""
    return Record(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=bytes(row["key"]),
        value=bytes(row["value"]),
        headers=tuple((name, bytes(value)) for name, value in row["headers"]),
    )


def _cursor(row: Document) -> str:
    return cursors.encode(row["parked_at"].isoformat(), row["_id"])


def _after(cursor: str) -> Document:
    moment, last = cursors.decode(cursor, parts=2)
    at = cursors.moment(moment)
    return {"$or": [{"parked_at": {"$lt": at}}, {"parked_at": at, "_id": {"$lt": last}}]}
