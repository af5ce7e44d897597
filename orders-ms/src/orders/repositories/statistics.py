"""Statistics of the shop, aggregated by the database on indexed fields."""

from datetime import datetime

from orders.models.statistics import BestSeller, Day
from orders.repositories.projection import state_of
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.storage.mongo import Database, Document

BEST_SELLERS = 10
LOW_STOCK = 10


class StatisticsRepository:
    """Aggregates orders and products."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]
        self._products = database["products"]

    async def days(self, since: datetime) -> list[Day]:
        """Return the days with at least one order, oldest first."""
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
        """Return the products with the highest quantities sold."""
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
        """Return the products with the least stock, if it is below a threshold."""
        query = {"archived": False, "quantity": {"$lt": below}}
        documents = self._products.find(query).sort([("quantity", 1), ("_id", 1)])
        return [state_of(document) async for document in documents.limit(LOW_STOCK)]

    async def count_pending(self) -> int:
        """Return the number of pending orders."""
        return await self._orders.count_documents({"status": OrderStatus.PENDING})
