"""Idempotency keys: what each key of a caller was used for. Keys are never deleted.

See the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopkit.identity import Actor, misread
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Session

COLLECTION = "idempotency_keys"
_SCHEMA = {
    "bsonType": "object",
    "required": ["fingerprint", "result", "created_at"],
    "properties": {"fingerprint": {"bsonType": "string"}, "created_at": {"bsonType": "date"}},
}


class KeyReusedError(Exception):
    """An idempotency key was used again for a different request."""

    def __init__(self, key: str) -> None:
        super().__init__("This Idempotency-Key was already used for a different request.")
        self.key = key


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a key was used for.

    Attributes:
        id: A stored id, from `key_ids`.
        fingerprint: A hash of the request.
        result: The data that the response is made of.
        created_at: When the key was first used.
    """

    id: str
    fingerprint: str
    result: Any
    created_at: datetime

    def check(self, fingerprint: str, key: str) -> None:
        """Check that the key was used for the same request.

        Raises:
            KeyReusedError: The key was used for a different request.
        """
        if self.fingerprint != fingerprint:
            raise KeyReusedError(key)


def key_ids(caller: Actor, key: str) -> tuple[str, ...]:
    """Return the stored ids of a caller's key, so that callers cannot use each other's keys.

    The first one is made of the account id. Replicas of the previous release know only the last
    one, which is made of the email address. A key is stored under both, so that a request is not
    repeated during an upgrade, and keys of earlier releases stay valid.
    """
    if isinstance(caller, str):
        return (key_id(caller, key),)
    return key_id(caller.account_id, key), key_id(misread(caller.email), key)


def key_id(caller: str, key: str) -> str:
    """Return a stored id of a caller's key."""
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


class IdempotencyKeys:
    """The collection `idempotency_keys`."""

    def __init__(self, database: Database) -> None:
        self._keys = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, _SCHEMA)

    async def find_by_ids(
        self, ids: Iterable[str], *, session: Session = None
    ) -> dict[str, KeyRecord]:
        """Return the records of the keys that have been used, by id."""
        unique = list(ids)
        if not unique:
            return {}
        rows = self._keys.find({"_id": {"$in": unique}}, session=session)
        return {
            row["_id"]: KeyRecord(row["_id"], row["fingerprint"], row["result"], row["created_at"])
            async for row in rows
        }

    async def insert(self, records: Sequence[KeyRecord], *, session: Session) -> None:
        """Store what keys were used for."""
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
