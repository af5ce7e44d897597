"""The collection `ticks`: which replica's turn it is to do what one of them should do."""

from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from shopkit.storage.mongo import Database


class TickRepository:
    """Gives turns away."""

    def __init__(self, database: Database) -> None:
        self._ticks = database["ticks"]

    async def take(self, name: str, now: datetime, pause: timedelta) -> bool:
        """Return whether this process has the turn: one in each `pause`, over all replicas."""
        try:
            result = await self._ticks.update_one(
                {"_id": name, "next_at": {"$lte": now}},
                {"$set": {"next_at": now + pause}},
                upsert=True,
            )
        except DuplicateKeyError:
            # It exists, and its time has not come.
            return False
        return bool(result.matched_count or result.upserted_id)
