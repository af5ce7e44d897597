"""Job leases: the collection `ticks`, which grants one replica at a time a periodic job."""

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from shopkit.storage.mongo import Database


class JobLeases:
    """Grants one replica the lease of a job."""

    def __init__(self, database: Database) -> None:
        self._leases = database["ticks"]

    async def acquire(self, job: str, now: datetime, duration: timedelta) -> bool:
        """Return whether this process gets the lease, which others can get after its duration."""
        try:
            result = await self._leases.update_one(
                {"_id": job, "next_at": {"$lte": now}},
                {"$set": {"next_at": now + duration}},
                upsert=True,
            )
        except DuplicateKeyError:
            # Another process has the lease.
            return False
        return bool(result.matched_count or result.upserted_id)
