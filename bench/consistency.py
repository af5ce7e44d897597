"""Reads both databases of the order path, and finds where they are inconsistent.

The names of the invariants are those of docs/architecture.md.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from stack import Stack

Document = dict[str, Any]


class Databases:
    """products-db and orders-db, read as an administrator."""

    def __init__(self, products: Database[Document], orders: Database[Document]) -> None:
        self.products = products
        self.orders = orders

    @classmethod
    @contextmanager
    def of(cls, stack: Stack) -> Iterator[Self]:
        """Connect to the databases of a stack."""
        with (
            MongoClient[Document](stack.database_url("products", root=True)) as products,
            MongoClient[Document](stack.database_url("orders", root=True)) as orders,
        ):
            yield cls(products["shop"], orders["shop"])

    def know(self, product_ids: Mapping[str, int]) -> bool:
        """Return whether orders-db has all of these products."""
        wanted = {"_id": {"$in": [ObjectId(product_id) for product_id in product_ids]}}
        return self.orders["products"].count_documents(wanted) == len(product_ids)

    def pending(self) -> int:
        """Return how many orders wait for a decision."""
        return self.orders["orders"].count_documents({"status": "PENDING"})

    def settled(self) -> bool:
        """Return whether every order is decided and every event was sent and applied."""
        if self.orders["orders"].find_one({"resend_at": {"$exists": True}}, {"_id": 1}):
            return False
        waiting = {"unsent": True, "leased_until": {"$exists": True}}
        outboxes = (self.orders["outbox"], self.products["outbox"])
        return not any(outbox.find_one(waiting, {"_id": 1}) for outbox in outboxes) and not (
            different_products(self)
        )

    def wait_until_settled(self, seconds: float = 300) -> None:
        """Return once all is settled.

        Raises:
            SystemExit: It is not within this time.
        """
        deadline = time.monotonic() + seconds
        while not self.settled():
            if time.monotonic() > deadline:
                raise SystemExit(f"not settled within {seconds:g} s")
            time.sleep(0.05)

    def sold(self) -> dict[str, int]:
        """Return how many of each product accepted orders took, by products-ms's record."""
        totals = self.products["orders"].aggregate(
            [
                {"$match": {"status": "ACCEPTED"}},
                {"$unwind": "$lines"},
                {"$group": {"_id": "$lines.product_id", "sold": {"$sum": "$lines.quantity"}}},
            ]
        )
        return {str(row["_id"]): row["sold"] for row in totals}

    def statuses(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return each order's status, in orders-db and in products-ms's record."""
        here, there = (
            {str(row["_id"]): row["status"] for row in database["orders"].find({}, {"status": 1})}
            for database in (self.orders, self.products)
        )
        return here, there

    @contextmanager
    def watched(self) -> Iterator[dict[str, float]]:
        """Yield the moments at which orders were seen ACCEPTED, as they are committed."""
        seen: dict[str, float] = {}
        changed = [{"$match": {"updateDescription.updatedFields.status": "ACCEPTED"}}]
        with self.orders["orders"].watch(changed, max_await_time_ms=1000) as stream:
            ended = threading.Event()

            def watch() -> None:
                while not ended.is_set():
                    if change := stream.try_next():
                        seen[str(change["documentKey"]["_id"])] = time.time()

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                yield seen
            finally:
                ended.set()
                watcher.join()


def different_products(databases: Databases) -> list[str]:
    """Return the ids of products whose projection is not what products-db holds."""
    there = {
        row["_id"]: (
            *(row[field] for field in ("name", "price_cents", "quantity", "archived")),
            row["details_version"] + row["stock_version"],
        )
        for row in databases.products["products"].find({}, {"terms": 0, "name_terms": 0})
    }
    fields = ("name", "price_cents", "quantity", "archived", "version")
    here = {
        row["_id"]: tuple(row[field] for field in fields)
        for row in databases.orders["products"].find({})
    }
    return [str(id_) for id_ in here.keys() | there.keys() if here.get(id_) != there.get(id_)]


def disagreements(databases: Databases, stocks: Mapping[str, int]) -> list[str]:
    """Return what is wrong, nothing where all is as it must be once all is quiet.

    Args:
        databases: Both databases.
        stocks: The stock with which each product began, by id.
    """
    sold = databases.sold()
    left = {
        str(row["_id"]): row["quantity"]
        for row in databases.products["products"].find({}, {"quantity": 1})
    }
    unbalanced = [id_ for id_, count in stocks.items() if left[id_] + sold.get(id_, 0) != count]
    here, there = databases.statuses()
    findings = {
        "C1: stock below zero": [id_ for id_, count in left.items() if count < 0],
        "C1: stock and accepted lines are not the initial stock": unbalanced,
        "C3: still PENDING": [id_ for id_, status in here.items() if status == "PENDING"],
        "C3: the services disagree on orders": [
            id_ for id_ in here.keys() | there.keys() if here.get(id_) != there.get(id_)
        ],
        "C7: the projection is not the products": different_products(databases),
    }
    return [f"{what}: {len(ids)}, such as {min(ids)}" for what, ids in findings.items() if len(ids)]
