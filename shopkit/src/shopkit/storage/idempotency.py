"""Idempotency keys: what a caller's key was used for, kept for ever.

After the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header

from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Session

COLLECTION = "idempotency_keys"
SCHEMA = {
    "bsonType": "object",
    "required": ["fingerprint", "result", "created_at"],
    "properties": {"fingerprint": {"bsonType": "string"}, "created_at": {"bsonType": "date"}},
}

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x20-\x7e]{1,255}$",
        description="The same key and body give the first answer again, whenever they come.",
    ),
]
REPLAYED = "Idempotency-Replayed"
"""The header of an answer that was given before."""


class KeyReusedError(Exception):
    """A key came a second time, with another body."""

    def __init__(self, key: str) -> None:
        super().__init__("This Idempotency-Key was used for another request.")
        self.key = key

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the header that is wrong."""
        return [("Idempotency-Key", str(self))]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a key was used for.

    Attributes:
        id: Made of the caller and the key, by `key_id`.
        fingerprint: What tells two bodies apart.
        result: What the answer is made of again.
        created_at: When it was first used.
    """

    id: str
    fingerprint: str
    result: Any
    created_at: datetime

    def check(self, fingerprint: str, key: str) -> None:
        """Return where the key came with the same body.

        Raises:
            KeyReusedError: It came with another.
        """
        if self.fingerprint != fingerprint:
            raise KeyReusedError(key)


def key_id(email: str, key: str) -> str:
    """Return what a caller's key is stored under: a key belongs to its caller."""
    return hashlib.sha256(f"{email}\n{key}".encode()).hexdigest()


class IdempotencyKeys:
    """The collection `idempotency_keys`."""

    def __init__(self, database: Database) -> None:
        self._keys = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, SCHEMA)

    async def by_ids(self, ids: Iterable[str], *, session: Session = None) -> dict[str, KeyRecord]:
        """Return those of the keys that were used."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = self._keys.find({"_id": {"$in": wanted}}, session=session)
        return {
            row["_id"]: KeyRecord(row["_id"], row["fingerprint"], row["result"], row["created_at"])
            async for row in found
        }

    async def insert(self, records: Sequence[KeyRecord], *, session: Session) -> None:
        """Keep what keys were used for."""
        if records:
            rows = [
                {
                    "_id": record.id,
                    "fingerprint": record.fingerprint,
                    "result": record.result,
                    "created_at": record.created_at,
                }
                for record in records
            ]
            await self._keys.insert_many(rows, session=session)
