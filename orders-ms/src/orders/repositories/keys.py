"""The collection `idempotency_keys`: which order a caller's key has made, for ever."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from shopkit.mongo import Database, Session


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a key was used for; `id` is made of the caller and the key."""

    id: str
    fingerprint: str
    order_id: str
    created_at: datetime


def key_id(email: str, key: str) -> str:
    """Return what a caller's key is stored under: a key belongs to its caller."""
    return hashlib.sha256(f"{email}\n{key}".encode()).hexdigest()


class KeyRepository:
    """Reads and writes the keys."""

    def __init__(self, database: Database) -> None:
        self._keys = database["idempotency_keys"]

    async def by_ids(self, ids: Iterable[str], *, session: Session = None) -> dict[str, KeyRecord]:
        """Return those of the keys that were used."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = self._keys.find({"_id": {"$in": wanted}}, session=session)
        return {
            row["_id"]: KeyRecord(
                row["_id"], row["fingerprint"], str(row["order_id"]), row["created_at"]
            )
            async for row in found
        }

    async def insert(self, records: Sequence[KeyRecord], *, session: Session) -> None:
        """Keep what keys were used for."""
        if records:
            await self._keys.insert_many(
                [
                    {
                        "_id": record.id,
                        "fingerprint": record.fingerprint,
                        "order_id": ObjectId(record.order_id),
                        "created_at": record.created_at,
                    }
                    for record in records
                ],
                session=session,
            )
