"""Counts orders in the collection `orders`, one day at a time, also as of an earlier moment."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bson import ObjectId, Timestamp
from pymongo.errors import OperationFailure

from orders.models.statistics import (
    CountedOrder,
    DayCount,
    ProductCount,
    SoldLine,
    bounds_of,
    day_of,
)
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import Database, Document

_SNAPSHOT_LOST = frozenset({239, 246})
"""SnapshotTooOld and SnapshotUnavailable."""
_IN_LINE = ("product_id", "name", "price_cents", "quantity")


class SnapshotLostError(Exception):
    """The database no longer has the state as of the moment of the count, or not yet."""

    def __str__(self) -> str:
        """Return what to do."""
        return (
            "Counting took longer than the database keeps earlier states. Count again, or raise "
            "its parameter minSnapshotHistoryWindowInSeconds."
        )


class CountedDay(NamedTuple):
    """The counts of a day.

    Attributes:
        day: The day.
        total: The counts of its orders.
        products: The counts of each product that was sold, by id.
        names: The names of these products, by id.
    """

    day: date
    total: DayCount
    products: dict[str, ProductCount]
    names: dict[str, str]


class OrderCounts:
    """Counts orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> Timestamp:
        """Return the moment of the last change that a majority has, for counts as of then."""
        answer = await self._database.command("hello")
        moment: Timestamp = answer["lastWrite"]["majorityOpTime"]["ts"]
        return moment

    async def find(self, order_ids: Iterable[str]) -> dict[str, CountedOrder]:
        """Return what the counters need of the orders that exist, by id."""
        fields = ["created_at", *(f"products.{name}" for name in _IN_LINE)]
        documents = self._database["orders"].find(
            {"_id": {"$in": [ObjectId(order_id) for order_id in order_ids]}}, fields
        )
        return {str(document["_id"]): _counted(document) async for document in documents}

    async def count_pending(self) -> int:
        """Return the number of pending orders."""
        return await self._database["orders"].count_documents({"status": OrderStatus.PENDING})

    async def days(self, zone: ZoneInfo, at: Timestamp) -> AsyncIterator[CountedDay]:
        """Yield the counts of all days with orders, oldest first.

        Args:
            zone: The time zone of the days.
            at: The moment of the count, at most five minutes ago by default.

        Raises:
            SnapshotLostError: The database no longer has the state as of the moment.
        """
        day = await self.next_day(None, zone, at)
        while day:
            yield await self.count(day, zone, at)
            day = await self.next_day(day, zone, at)

    async def next_day(
        self, after: date | None, zone: ZoneInfo, at: Timestamp | None = None
    ) -> date | None:
        """Return the next day with orders, None if there is none.

        Args:
            after: The day before it, None for the first day.
            zone: The time zone of the days.
            at: The moment of the count, None for the present.
        """
        since = bounds_of(after, zone)[1] if after else datetime.min.replace(tzinfo=UTC)
        pipeline: list[Document] = [
            {"$match": {"created_at": {"$gte": since}}},
            {"$sort": {"created_at": 1}},
            {"$limit": 1},
            {"$project": {"created_at": 1}},
        ]
        rows = [row async for row in self._aggregate(pipeline, at)]
        return day_of(rows[0]["created_at"], zone) if rows else None

    async def count(self, day: date, zone: ZoneInfo, at: Timestamp | None = None) -> CountedDay:
        """Count the orders of a day.

        Args:
            day: The day.
            zone: The time zone of the day.
            at: The moment of the count, None for the present.
        """
        start, end = bounds_of(day, zone)
        placed = {"created_at": {"$gte": start, "$lt": end}}
        total = DayCount()
        async for row in self._aggregate([{"$match": placed}, {"$group": _DAY_GROUP}], at):
            total = DayCount(row["orders"], row["revenue_cents"], row["pending"])
        accepted: list[Document] = [
            {"$match": {**placed, "status": OrderStatus.ACCEPTED}},
            {"$unwind": "$products"},
            {"$group": _PRODUCT_GROUP},
        ]
        rows = {str(row["_id"]): row async for row in self._aggregate(accepted, at)}
        return CountedDay(
            day,
            total,
            {id_: ProductCount(row["quantity"], row["revenue_cents"]) for id_, row in rows.items()},
            {id_: row["name"] for id_, row in rows.items()},
        )

    async def _aggregate(
        self, pipeline: list[Document], at: Timestamp | None
    ) -> AsyncIterator[Document]:
        # The driver has no option for the moment of a snapshot.
        concern = {"level": "snapshot", "atClusterTime": at} if at else {"level": "majority"}
        command = {
            "aggregate": "orders",
            "pipeline": pipeline,
            "cursor": {},
            "readConcern": concern,
        }
        with _detect_lost_snapshot():
            rows = await self._database.cursor_command(
                command, codec_options=self._database.codec_options
            )
            async for row in rows:
                yield row


def _sum_if(status: OrderStatus, value: object) -> Document:
    return {"$sum": {"$cond": [{"$eq": ["$status", status]}, value, 0]}}


_DAY_GROUP: Document = {
    "_id": None,
    "orders": {"$sum": 1},
    "revenue_cents": _sum_if(OrderStatus.ACCEPTED, "$cost_cents"),
    "pending": _sum_if(OrderStatus.PENDING, 1),
}
_PRODUCT_GROUP: Document = {
    "_id": "$products.product_id",
    "name": {"$last": "$products.name"},
    "quantity": {"$sum": "$products.quantity"},
    "revenue_cents": {"$sum": {"$multiply": ["$products.price_cents", "$products.quantity"]}},
}


@contextmanager
def _detect_lost_snapshot() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code not in _SNAPSHOT_LOST:
            raise
        raise SnapshotLostError from error


def _counted(document: Document) -> CountedOrder:
    lines = tuple(
        SoldLine(str(line["product_id"]), line["name"], line["price_cents"], line["quantity"])
        for line in document["products"]
    )
    return CountedOrder(str(document["_id"]), document["created_at"], lines)
