"""Gives numbers to the orders that replicas of earlier releases stored."""

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from orders.models.number import new_number
from shopkit.storage.mongo import Database, is_stale


class OrderNumbers:
    """Adds missing numbers."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    async def add_missing(self, limit: int) -> int:
        """Add the numbers of up to `limit` orders that lack one, and return how many were found."""
        rows = await self._orders.find({"number": None}, {"_id": 1}).limit(limit).to_list()
        updates = [
            UpdateOne({"_id": row["_id"], "number": None}, {"$set": {"number": new_number()}})
            for row in rows
        ]
        if updates:
            try:
                await self._orders.bulk_write(updates, ordered=False)
            except BulkWriteError as error:
                # The next call gives another number to an order whose number was taken.
                if not is_stale(error):
                    raise
        return len(rows)
