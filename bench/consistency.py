"""Reads products-db, orders-db and the broker's log, and finds inconsistencies between them.

docs/architecture.md explains the invariants C1 to C10.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Self

from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from stack import Stack

Document = dict[str, Any]
SETTLE_SECONDS = 300
"""How long the shop may take to settle all orders after a load."""


class Databases:
    """products-db and orders-db, read as an administrator.

    Args:
        products: products-db.
        orders: orders-db.
        orders_address: The address of orders-db.
    """

    def __init__(
        self, products: Database[Document], orders: Database[Document], orders_address: str
    ) -> None:
        self.products = products
        self.orders = orders
        self._orders_address = orders_address

    @classmethod
    @contextmanager
    def of(cls, stack: Stack) -> Iterator[Self]:
        """Connect to the databases of a stack. Reads return what a majority of members has."""
        addresses = [stack.database_url(name, root=True) for name in ("products", "orders")]
        with (
            MongoClient[Document](addresses[0], readConcernLevel="majority") as products,
            MongoClient[Document](addresses[1], readConcernLevel="majority") as orders,
        ):
            yield cls(products["shop"], orders["shop"], addresses[1])

    def projection_has(self, product_ids: Collection[str]) -> bool:
        """Return whether the projection has all of these products."""
        query = {"_id": {"$in": [ObjectId(product_id) for product_id in product_ids]}}
        return self.orders["products"].count_documents(query) == len(product_ids)

    def flush(self) -> None:
        """Write everything to disk, so that it does not count as work of later requests."""
        for database in (self.products, self.orders):
            database.client.admin.command("fsync")

    def count_pending(self) -> int:
        """Return how many orders wait for a decision."""
        return self.orders["orders"].count_documents({"status": "PENDING"})

    def answered(self) -> bool:
        """Return whether every order is settled and every event has been sent."""
        if self.orders["orders"].find_one({"resend_at": {"$exists": True}}, {"_id": 1}):
            return False
        unsent = {"unsent": True, "leased_until": {"$exists": True}}
        outboxes = (self.orders["outbox"], self.products["outbox"])
        return not any(outbox.find_one(unsent, {"_id": 1}) for outbox in outboxes)

    def settled(self) -> bool:
        """Return whether every order is settled and every event has been sent and applied."""
        return self.answered() and not differing_products(self)

    def wait_until_answered(self) -> None:
        """Wait until every order is settled and every event has been sent.

        This costs little, however large the shop is.

        Raises:
            SystemExit: It takes too long.
        """
        _wait_until(self.answered)

    def wait_until_settled(self) -> None:
        """Wait until every order is settled, and every event has been sent and applied.

        Raises:
            SystemExit: It takes too long.
        """
        _wait_until(self.settled)

    def count_sold(self) -> dict[str, int]:
        """Return how many of each product the accepted orders took, by products-ms's decisions."""
        totals = self.products["orders"].aggregate(
            [
                {"$match": {"status": "ACCEPTED"}},
                {"$unwind": "$lines"},
                {"$group": {"_id": "$lines.product_id", "sold": {"$sum": "$lines.quantity"}}},
            ]
        )
        return {str(row["_id"]): row["sold"] for row in totals}

    def statuses(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return each order's status in orders-db, and in products-ms's decisions."""
        orders, decisions = (
            {str(row["_id"]): row["status"] for row in database["orders"].find({}, {"status": 1})}
            for database in (self.orders, self.products)
        )
        return orders, decisions

    @contextmanager
    def watch_acceptances(self) -> Iterator[dict[str, float]]:
        """Collect when each order became ACCEPTED in orders-db, in seconds since the epoch.

        Another process watches, so that it takes no time from the load.
        """
        accepted_at: dict[str, float] = {}
        ours, theirs = multiprocessing.Pipe()
        watcher = multiprocessing.get_context("spawn").Process(
            target=_send_acceptances, args=(self._orders_address, theirs), daemon=True
        )
        watcher.start()
        # The child has its own copy of this end.
        theirs.close()
        ours.recv()
        collector = threading.Thread(target=_collect, args=(ours, accepted_at))
        collector.start()
        try:
            yield accepted_at
        finally:
            ours.send(None)
            collector.join()
            watcher.join()


def _send_acceptances(address: str, ours: Connection) -> None:
    """Send when each order became ACCEPTED, until a message arrives. The first message is empty."""
    changed: list[Document] = [
        {"$match": {"updateDescription.updatedFields.status": "ACCEPTED"}},
        {"$project": {"documentKey": 1}},
    ]
    with (
        MongoClient[Document](address, readConcernLevel="majority") as client,
        client["shop"]["orders"].watch(changed, max_await_time_ms=1000) as stream,
    ):
        ours.send(None)
        while not ours.poll():
            if change := stream.try_next():
                ours.send((str(change["documentKey"]["_id"]), time.time()))
    # An unread message would cut the connection off before the other end has read all.
    ours.recv()
    ours.close()


def _collect(ours: Connection, accepted_at: dict[str, float]) -> None:
    with suppress(EOFError):
        while True:
            order_id, accepted = ours.recv()
            accepted_at[order_id] = accepted


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"not settled within {SETTLE_SECONDS} s")
        time.sleep(0.05)


def differing_products(databases: Databases) -> list[str]:
    """Return the ids of the products that differ between products-db and the projection."""
    return differing_documents(
        databases.products["products"].find({}, {"terms": 0, "name_terms": 0}),
        databases.orders["products"].find({}),
    )


def differing_documents(products: Iterable[Document], projection: Iterable[Document]) -> list[str]:
    """Return the ids of the products that differ between these documents of both databases."""
    shared = ("name", "price_cents", "quantity", "archived")
    stored = {
        str(row["_id"]): (
            *(row[field] for field in shared),
            row["details_version"] + row["stock_version"],
        )
        for row in products
    }
    projected = {
        str(row["_id"]): tuple(row[field] for field in (*shared, "version")) for row in projection
    }
    return _differing_keys(stored, projected)


def find_inconsistencies(databases: Databases, stocks: Mapping[str, int]) -> list[str]:
    """Return a line for each violated invariant, once every order is settled.

    Args:
        databases: Both databases.
        stocks: The initial stock of each product, by id.
    """
    sold = databases.count_sold()
    left = {
        str(row["_id"]): row["quantity"]
        for row in databases.products["products"].find({}, {"quantity": 1})
    }
    unbalanced = [id_ for id_, count in stocks.items() if left[id_] + sold.get(id_, 0) != count]
    orders, decisions = databases.statuses()
    findings = {
        "C1: stock below zero": [id_ for id_, count in left.items() if count < 0],
        "C1: stock and accepted lines do not add up to the initial stock": unbalanced,
        "C3: still PENDING": [id_ for id_, status in orders.items() if status == "PENDING"],
        "C3: orders and decisions differ": _differing_keys(orders, decisions),
        "C7: products and projection differ": differing_products(databases),
    }
    return [f"{text}: {len(ids)}, such as {min(ids)}" for text, ids in findings.items() if ids]


def _differing_keys(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    return [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]


def expired_members(stack: Stack) -> int:
    """Return how many members left a consumer group because their session expired."""
    return sum(
        log.read_text(encoding="utf-8").count("has failed, removing it from the group")
        for log in stack.logs()
        if log.name.startswith("kafka")
    )
