"""Events that could not be applied: parked once each, to be looked at, replayed or discarded."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from bson import Binary
from prometheus_client import Counter

from shopkit.clock import Clock, utc_now
from shopkit.migrations import ensure_collection
from shopkit.mongo import Database

COLLECTION = "dead_letters"

PARKED = Counter("dead_letters_parked_total", "Events that could not be applied.", ["topic"])

SCHEMA = {"bsonType": "object", "required": ["topic", "value", "status", "parked_at", "reason"]}


class LetterStatus(StrEnum):
    """What has been done about a dead letter."""

    PARKED = "parked"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


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
