"""Finds what is wrong, by the invariants of docs/architecture.md: C1 to C8 and C10.

All is read from the databases and from Kafka, as nothing that a service says of itself would count.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from typing import Any

from bench.consistency import Databases, different_products
from bson import ObjectId
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from tests.faults.history import History
from tests.faults.tail import Seen

from orders.models.order import LEGAL
from shopkit.contract.events import PRODUCTS_TOPIC, OrderStatus
from shopkit.storage.idempotency import key_id

Findings = dict[str, list[str]]
Balance = Mapping[ObjectId, int]
LOOK_SECONDS = 0.2


class Checker:
    """Knows what was there at the beginning, and what was seen meanwhile."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._before = {row["_id"] for row in databases.orders["orders"].find({}, {"_id": 1})}
        self._balance, _ = self._snapshot()
        self._versions: dict[tuple[str, ObjectId], int] = {}
        self._moments: Findings = defaultdict(list)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look at the databases again and again while the context lasts."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(LOOK_SECONDS):
                # A database is away now and then.
                with suppress(PyMongoError):
                    self._look()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def findings(
        self, history: History, seen: Iterable[Seen], poison: Iterable[str], *, kept: bool
    ) -> Findings:
        """Return what is wrong by each invariant, once all is quiet.

        Args:
            history: What was asked and answered.
            seen: What was found in Kafka.
            poison: The ids of the dead letters that there must be.
            kept: Whether Kafka has kept its data.
        """
        self._look()
        moments, self._moments = self._moments, defaultdict(list)
        unforeseen, history.unforeseen = history.unforeseen, []
        sent = list(seen)
        outboxes = [*self._outbox(self._databases.orders), *self._outbox(self._databases.products)]
        return {
            "C1": moments["C1"],
            "C2": [*unforeseen, *self._orders_by_key(history)],
            "C3": list(self._undecided()),
            "C4": list(self._wrongly_taken()),
            "C5": list(self._wrong_rejections(outboxes)),
            "C6": [*moments["C6"], *_differing(sent, outboxes)],
            "C7": different_products(self._databases),
            "C8": list(_unmatched(sent, outboxes)) if kept else [],
            "C10": list(self._wrongly_parked(set(poison))),
        }

    def _look(self) -> None:
        balance, products = self._snapshot()
        for product_id, count in self._balance.items():
            if balance[product_id] != count:
                self._note("C1", f"{product_id}: {balance[product_id]} instead of {count}")
        for row in products:
            if row["quantity"] < 0:
                self._note("C1", f"{row['_id']}: {row['quantity']} left")
        states = {("there", row["_id"]): _version(row) for row in products}
        for row in self._databases.orders["products"].find():
            states["here", row["_id"]] = row["version"]
        for key, version in states.items():
            if version < self._versions.get(key, 0):
                self._note("C6", f"{key}: version {version} after {self._versions[key]}")
        self._versions |= states

    def _note(self, invariant: str, text: str) -> None:
        if text not in self._moments[invariant]:
            self._moments[invariant].append(text)

    def _snapshot(self) -> tuple[Balance, list[Any]]:
        """Return the balance of one moment, and the products."""
        database = self._databases.products
        with database.client.start_session() as session:

            def read(_session: Any) -> tuple[list[Any], list[Any], list[Any]]:
                return (
                    list(database["products"].find({}, {"terms": 0}, session=session)),
                    list(database["orders"].find({"status": "ACCEPTED"}, session=session)),
                    list(database["audit"].find({}, session=session)),
                )

            products, stubs, edits = session.with_transaction(
                read, read_concern=ReadConcern("snapshot")
            )
        return _balance(products, stubs, edits), products

    def _wrongly_taken(self) -> Iterator[str]:
        """Yield products of which another number went than the accepted orders have.

        As C1, but by the record of orders-ms, and of what is there at the end.
        """
        _, products = self._snapshot()
        orders = self._databases.orders["orders"].find({"status": "ACCEPTED"})
        edits = self._databases.products["audit"].find({})
        balance = _balance(products, orders, edits)
        for product_id, count in self._balance.items():
            if balance[product_id] != count:
                yield f"{product_id}: {balance[product_id] - count} too many are there or sold"

    def _orders_by_key(self, history: History) -> Iterator[str]:
        orders = {str(row["_id"]) for row in self._mine()}
        keys = {
            row["_id"]: row["result"] for row in self._databases.orders["idempotency_keys"].find()
        }
        made = set()
        for asked in history.asked:
            order_id = keys.get(key_id(asked.email, asked.key))
            made.add(order_id)
            if asked.told - {order_id}:
                yield f"key {asked.key}: told of {asked.told}, stored is {order_id}"
            if asked.refused and not asked.told and order_id:
                yield f"key {asked.key}: refused, but {order_id} is stored"
        for order_id in orders ^ (made - {None}):
            yield f"order {order_id}: it and its key are not both stored"

    def _undecided(self) -> Iterator[str]:
        here, there = self._databases.statuses()
        for order_id, status in here.items():
            if there.get(order_id) != status:
                yield f"order {order_id}: {status} here, {there.get(order_id)} there"
        for order_id in there.keys() - here.keys():
            yield f"order {order_id}: known to products-ms only"
        for row in self._mine():
            steps = [OrderStatus(step["status"]) for step in row["history"]]
            legal = all(after in LEGAL[before] for before, after in pairwise(steps))
            if not legal or steps[0] != OrderStatus.PENDING or steps[-1] != row["status"]:
                yield f"order {row['_id']}: {steps}"

    def _mine(self) -> Iterator[Any]:
        yield from (
            row for row in self._databases.orders["orders"].find() if row["_id"] not in self._before
        )

    def _wrong_rejections(self, outboxes: Iterable[Any]) -> Iterator[str]:
        """Yield what was rejected though there was enough of it at that time, and not archived."""
        stock = _stock_history(outboxes)
        for stub in self._databases.products["orders"].find({"status": "REJECTED"}):
            wanted = {line["product_id"]: line["quantity"] for line in stub["lines"]}
            for line in stub["line_reasons"]:
                product_id = line["product_id"]
                states = stock.get(str(product_id), [])
                if states and all(left >= wanted[product_id] for left in _at(states, stub)):
                    yield f"order {stub['_id']}: enough of {product_id} was there"

    def _wrongly_parked(self, poison: set[str]) -> Iterator[str]:
        parked: list[str] = []
        for database in (self._databases.orders, self._databases.products):
            for row in database["dead_letters"].find():
                parked.append(row["_id"])
                if row["_id"] not in poison:
                    yield f"{row['topic']} at {row['offset']}: {row['reason']}"
        for letter in poison:
            if parked.count(letter) != 1:
                yield f"poison {letter}: parked {parked.count(letter)} times"

    @staticmethod
    def _outbox(database: Any) -> Iterator[Any]:
        yield from database["outbox"].find()


def _balance(products: Iterable[Any], accepted: Iterable[Any], edits: Iterable[Any]) -> Balance:
    """Return by product what is there and sold, less what was changed by hand."""
    balance: dict[ObjectId, int] = defaultdict(int)
    for row in products:
        balance[row["_id"]] += row["quantity"]
    for order in accepted:
        for line in order.get("lines") or order["products"]:
            balance[line["product_id"]] += line["quantity"]
    for edit in edits:
        if edit["before"] and "quantity" in (edit["after"] or {}):
            by_hand = edit["after"]["quantity"] - edit["before"]["quantity"]
            balance[ObjectId(edit["subject"])] -= by_hand
    return balance


def _version(row: Any) -> int:
    version: int = row["details_version"] + row["stock_version"]
    return version


def _differing(sent: Iterable[Seen], outboxes: Iterable[Any]) -> Iterator[str]:
    """Yield ids of events of which there are two with different bytes."""
    values = {row["_id"]: bytes(row["value"]) for row in outboxes}
    for each in sent:
        if each.id != "poison" and values.setdefault(each.id, each.value) != each.value:
            yield f"event {each.id}: two values"


def _unmatched(sent: Iterable[Seen], outboxes: Iterable[Any]) -> Iterator[str]:
    """Yield rows that are not in Kafka, and what is in Kafka without a row."""
    rows = {row["_id"]: row for row in outboxes}
    there = {each.id for each in sent} - {"poison"}
    for event_id in rows.keys() - there:
        yield f"event {event_id}: in no topic"
    for event_id in there - rows.keys():
        yield f"event {event_id}: in no outbox"


Moment = tuple[int, datetime, int]


def _stock_history(outboxes: Iterable[Any]) -> dict[str, list[Moment]]:
    """Return each product's versions, with their times and what was there."""
    history: dict[str, list[Moment]] = defaultdict(list)
    for row in outboxes:
        if row["topic"] == PRODUCTS_TOPIC:
            body = json.loads(bytes(row["value"]))
            state = body["product"] if "product" in body else body["products"][0]
            left = 0 if state["archived"] else state["quantity"]
            history[state["id"]].append((state["version"], row["time"], left))
    return {product_id: sorted(states) for product_id, states in history.items()}


def _at(states: list[Moment], stub: Any) -> Iterator[int]:
    """Yield what was there when a stub was decided: the version before, and those of that time.

    Clocks of two replicas may differ, and a transaction takes its time before it commits.
    """

    def seconds(time: datetime) -> float:
        after: float = (time - stub["decided_at"]).total_seconds()
        return after

    earlier = [left for _, time, left in states if seconds(time) < -1]
    yield from earlier[-1:]
    yield from (left for _, time, left in states if -1 <= seconds(time) <= 1)
