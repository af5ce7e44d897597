"""Figures of the shop, counted by the database on indexed fields."""

from dataclasses import dataclass
from datetime import datetime

from orders.repositories.projection import state_of
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.storage.mongo import Database, Document

BEST_SELLERS = 10
LOW_STOCK = 10


@dataclass(frozen=True, slots=True)
class Day:
    """What was ordered on a day (UTC); revenue is of accepted orders, in cents."""

    day: datetime
    orders: int
    revenue_cents: int


@dataclass(frozen=True, slots=True)
class BestSeller:
    """How many of a product were sold, and for how many cents."""

    product_id: str
    name: str
    quantity: int
    revenue_cents: int


class StatisticsRepository:
    """Counts."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]
        self._products = database["products"]

    async def days(self, since: datetime) -> list[Day]:
        """Return the days on which something was ordered."""
        accepted = {"$eq": ["$status", OrderStatus.ACCEPTED]}
        pipeline: list[Document] = [
            {"$match": {"created_at": {"$gte": since}}},
            {
                "$group": {
                    "_id": {"$dateTrunc": {"date": "$created_at", "unit": "day"}},
                    "orders": {"$sum": 1},
                    "revenue": {"$sum": {"$cond": [accepted, "$cost_cents", 0]}},
                }
            },
            {"$sort": {"_id": 1}},
        ]
        rows = await self._orders.aggregate(pipeline)
        return [Day(row["_id"], row["orders"], row["revenue"]) async for row in rows]

    async def best_sellers(self, since: datetime) -> list[BestSeller]:
        """Return the products of which most were sold."""
        revenue = {"$multiply": ["$products.price_cents", "$products.quantity"]}
        pipeline: list[Document] = [
            {"$match": {"status": OrderStatus.ACCEPTED, "created_at": {"$gte": since}}},
            {"$unwind": "$products"},
            {
                "$group": {
                    "_id": "$products.product_id",
                    "name": {"$last": "$products.name"},
                    "quantity": {"$sum": "$products.quantity"},
                    "revenue": {"$sum": revenue},
                }
            },
            {"$sort": {"quantity": -1, "_id": 1}},
            {"$limit": BEST_SELLERS},
        ]
        rows = await self._orders.aggregate(pipeline)
        return [
            BestSeller(str(row["_id"]), row["name"], row["quantity"], row["revenue"])
            async for row in rows
        ]

    async def low_stock(self, below: int) -> list[ProductState]:
        """Return the products of which fewest are left, fewer than so many."""
        query = {"archived": False, "quantity": {"$lt": below}}
        found = self._products.find(query).sort([("quantity", 1), ("_id", 1)]).limit(LOW_STOCK)
        return [state_of(document) async for document in found]

    async def pending(self) -> int:
        """Return how many orders are undecided."""
        return await self._orders.count_documents({"status": OrderStatus.PENDING})
