"""The counters of the statistics, by day of the shop and product.

Every complete count of the orders writes a new generation of counters. `statistics` has one
document, which says which generation is valid and up to where in the log it is counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bson import ObjectId, Timestamp
from pymongo import IndexModel, UpdateOne

from orders.models.statistics import (
    BestSeller,
    Counts,
    Day,
    DayCount,
    ProductCount,
)
from orders.repositories.order_counts import CountedDay
from orders.repositories.projection import state_of
from shopkit.contract.events import ProductState
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session

BEST_SELLERS = 10
LOW_STOCK = 10
ABANDONED_AFTER = timedelta(hours=1)
"""When an unfinished or replaced generation may be deleted. Readers may still use it before."""

_ID = "orders"
_INTEGER = {"bsonType": ["int", "long"]}
_KEY = {"generation": {"bsonType": "objectId"}, "day": {"bsonType": "string"}}


def _schema(**properties: Document) -> Document:
    return {"bsonType": "object", "required": list(properties), "properties": properties}


@dataclass(frozen=True, slots=True)
class CountPosition:
    """Which counters are valid, and up to where in the log they are counted.

    Attributes:
        generation: The generation of the counters.
        time_zone: The time zone of their days, by its IANA name.
        counted_at: The moment of the complete count.
        token: The position in the log up to which changes since then are counted, None at first.
        pending: The number of pending orders.
    """

    generation: ObjectId
    time_zone: str
    counted_at: Timestamp
    token: str | None
    pending: int


class StatisticsRepository:
    """Reads and writes the counters."""

    def __init__(self, database: Database) -> None:
        self._position = database["statistics"]
        self._days = database["statistics_days"]
        self._products = database["statistics_products"]
        self._projection = database["products"]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collections and their indexes."""
        await ensure_collection(
            database, "statistics", _schema(time_zone={"bsonType": "string"}, pending=_INTEGER)
        )
        days = _schema(**_KEY, orders=_INTEGER, revenue_cents=_INTEGER)
        await ensure_collection(database, "statistics_days", days)
        products = _schema(
            **_KEY,
            product_id={"bsonType": "objectId"},
            name={"bsonType": "string"},
            quantity=_INTEGER,
            revenue_cents=_INTEGER,
        )
        await ensure_collection(database, "statistics_products", products)
        by_day = [("generation", 1), ("day", 1)]
        await database["statistics_days"].create_index(by_day, unique=True)
        # The sums are part of the index, so that the best sellers are read from the index alone.
        sums = [("quantity", 1), ("revenue_cents", 1)]
        await database["statistics_products"].create_indexes(
            [
                IndexModel([*by_day, ("product_id", 1)], unique=True),
                IndexModel([*by_day, ("product_id", 1), *sums]),
            ]
        )

    async def position(self) -> CountPosition | None:
        """Return which counters are valid, None if nothing has been counted yet."""
        document = await self._position.find_one({"_id": _ID})
        if document is None:
            return None
        return CountPosition(
            document["generation"],
            document["time_zone"],
            document["counted_at"],
            document["token"],
            document["pending"],
        )

    async def begin_generation(self) -> ObjectId:
        """Return a new generation of counters, and delete abandoned ones."""
        valid = await self.position()
        abandoned = {
            "$lt": ObjectId.from_datetime(datetime.now(UTC) - ABANDONED_AFTER),
            "$ne": valid.generation if valid else None,
        }
        for counters in (self._days, self._products):
            await counters.delete_many({"generation": abandoned})
        return ObjectId()

    async def insert(self, generation: ObjectId, counted: CountedDay) -> None:
        """Store the counts of a day in a new generation."""
        key = {"generation": generation, "day": counted.day.isoformat()}
        total = counted.total
        await self._days.insert_one(
            {**key, "orders": total.orders, "revenue_cents": total.revenue_cents}
        )
        rows = [
            {
                **key,
                "product_id": ObjectId(product_id),
                "name": counted.names[product_id],
                **count._asdict(),
            }
            for product_id, count in counted.products.items()
        ]
        if rows:
            await self._products.insert_many(rows, ordered=False)

    async def publish(self, position: CountPosition) -> None:
        """Make a new generation the valid one."""
        await self._position.replace_one(
            {"_id": _ID},
            {
                "generation": position.generation,
                "time_zone": position.time_zone,
                "counted_at": position.counted_at,
                "token": position.token,
                "pending": position.pending,
            },
            upsert=True,
        )

    async def add(
        self, counts: Counts, position: CountPosition, token: str | None, *, session: Session
    ) -> None:
        """Add changes to the counters, and move the position.

        Args:
            counts: The changes of the counters.
            position: The position after which the changes were read.
            token: The token of the last of them.
            session: The transaction.

        Raises:
            GuardMissedError: The position has moved, or another generation is valid.
        """
        result = await self._position.update_one(
            {"_id": _ID, "generation": position.generation, "token": position.token},
            {"$set": {"token": token}, "$inc": {"pending": counts.pending}},
            session=session,
        )
        if not result.matched_count:
            raise GuardMissedError("the statistics were counted by someone else")
        days = [_add_to_day(position.generation, day, counts) for day in _changed_days(counts)]
        if days:
            await self._days.bulk_write(days, session=session)
        products = [_add_to_product(position.generation, *key, counts) for key in counts.quantities]
        if products:
            await self._products.bulk_write(products, session=session)

    async def days(self, generation: ObjectId, since: date, until: date) -> dict[date, Day]:
        """Return the days of a period that have orders, by date."""
        rows = self._days.find({"generation": generation, "day": _period(since, until)})
        return {
            (day := date.fromisoformat(row["day"])): Day(day, row["orders"], row["revenue_cents"])
            async for row in rows
        }

    async def next_day(self, generation: ObjectId, after: date | None) -> date | None:
        """Return the next day that has counters, None if there is none."""
        query = {"generation": generation, "day": {"$gt": after.isoformat() if after else ""}}
        row = await self._days.find_one(query, sort=[("day", 1)])
        return date.fromisoformat(row["day"]) if row else None

    async def read_day(self, generation: ObjectId, day: date) -> CountedDay:
        """Return the counters of a day. The number of pending orders is not counted by day."""
        key = {"generation": generation, "day": day.isoformat()}
        row = await self._days.find_one(key) or {"orders": 0, "revenue_cents": 0}
        products = self._products.find({**key, "quantity": {"$ne": 0}})
        return CountedDay(
            day,
            DayCount(row["orders"], row["revenue_cents"]),
            {
                str(product["product_id"]): ProductCount(
                    product["quantity"], product["revenue_cents"]
                )
                async for product in products
            },
            {},
        )

    async def best_sellers(
        self, generation: ObjectId, since: date, until: date
    ) -> list[BestSeller]:
        """Return the products with the highest quantities sold in a period.

        They have their current names, or those in an order if the projection lacks them.
        """
        pipeline: list[Document] = [
            {"$match": {"generation": generation, "day": _period(since, until)}},
            {
                "$group": {
                    "_id": "$product_id",
                    "quantity": {"$sum": "$quantity"},
                    "revenue_cents": {"$sum": "$revenue_cents"},
                }
            },
            {"$match": {"quantity": {"$gt": 0}}},
            {"$sort": {"quantity": -1, "_id": 1}},
            {"$limit": BEST_SELLERS},
        ]
        rows = await (await self._products.aggregate(pipeline)).to_list()
        names = await self._names(generation, [row["_id"] for row in rows])
        return [
            BestSeller(str(row["_id"]), names[row["_id"]], row["quantity"], row["revenue_cents"])
            for row in rows
        ]

    async def _names(
        self, generation: ObjectId, product_ids: list[ObjectId]
    ) -> dict[ObjectId, str]:
        documents = self._projection.find({"_id": {"$in": product_ids}}, {"name": 1})
        names = {document["_id"]: document["name"] async for document in documents}
        for product_id in set(product_ids) - set(names):
            row = await self._products.find_one(
                {"generation": generation, "product_id": product_id}, {"name": 1}
            )
            names[product_id] = row["name"] if row else ""
        return names

    async def low_stock(self, below: int) -> list[ProductState]:
        """Return the products with the least stock, if it is below a threshold."""
        query = {"archived": False, "quantity": {"$lt": below}}
        documents = self._projection.find(query).sort([("quantity", 1), ("_id", 1)])
        return [state_of(document) async for document in documents.limit(LOW_STOCK)]


def _period(since: date, until: date) -> Document:
    return {"$gte": since.isoformat(), "$lte": until.isoformat()}


def _changed_days(counts: Counts) -> Iterable[date]:
    return sorted({*counts.orders, *counts.revenue_cents})


def _add_to_day(generation: ObjectId, day: date, counts: Counts) -> UpdateOne:
    added = {"orders": counts.orders[day], "revenue_cents": counts.revenue_cents[day]}
    key = {"generation": generation, "day": day.isoformat()}
    return UpdateOne(key, {"$inc": added}, upsert=True)


def _add_to_product(generation: ObjectId, day: date, product_id: str, counts: Counts) -> UpdateOne:
    added = {
        "quantity": counts.quantities[day, product_id],
        "revenue_cents": counts.product_revenue_cents[day, product_id],
    }
    key = {"generation": generation, "day": day.isoformat(), "product_id": ObjectId(product_id)}
    name = {"name": counts.names[product_id]}
    return UpdateOne(key, {"$inc": added, "$set": name}, upsert=True)
