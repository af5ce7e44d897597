"""Job leases: the collection `ticks`, which grants one replica at a time a periodic job."""

import secrets
from datetime import timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document

COLLECTION = "ticks"
_SCHEMA = {
    "bsonType": "object",
    "required": ["next_at"],
    "properties": {"next_at": {"bsonType": "date"}},
}


class JobLeases:
    """Grants one replica the lease of a job, by the clock of the database."""

    def __init__(self, database: Database) -> None:
        self._leases = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, _SCHEMA)

    async def acquire(self, job: str, duration: timedelta, holder: str | None = None) -> bool:
        """Return whether this process gets the lease, which others can get after its duration.

        Args:
            job: The job.
            duration: How long the lease lasts from now on.
            holder: Who asks. A holder can extend its own lease; None never holds one already.
        """
        candidate = holder or secrets.token_hex(8)
        try:
            lease = await self._leases.find_one_and_update(
                {"_id": job},
                [{"$set": _granted_to(candidate, duration)}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another process has just taken the first lease of the job.
            return False
        return lease is not None and lease["holder"] == candidate


def _granted_to(candidate: str, duration: timedelta) -> Document:
    free = {"$or": [{"$lte": ["$next_at", "$$NOW"]}, {"$eq": ["$holder", candidate]}]}
    until = {"$add": ["$$NOW", int(duration.total_seconds() * 1_000)]}
    return {
        "next_at": {"$cond": [free, until, "$next_at"]},
        "holder": {"$cond": [free, candidate, "$holder"]},
    }
