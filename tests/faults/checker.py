"""Checks the invariants C1 to C8 and C10 of docs/architecture.md.

It reads only the databases and Kafka, because what a service reports about itself proves nothing.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from typing import Any

from bench.consistency import Databases, differing_products
from bson import ObjectId
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from tests.faults.history import History
from tests.faults.tail import KafkaMessage

from orders.models.order import TRANSITIONS
from shopkit.contract.events import PRODUCTS_TOPIC, OrderStatus
from shopkit.storage.idempotency import key_id

Findings = dict[str, list[str]]
Balance = Mapping[ObjectId, int]
OBSERVATION_SECONDS = 0.2
CLOCK_SECONDS = 1
"""Clocks of replicas may differ, and a transaction takes time to commit."""


class Checker:
    """Compares the databases and Kafka with their initial state and with earlier observations."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._initial_orders = {
            row["_id"] for row in databases.orders["orders"].find({}, {"_id": 1})
        }
        self._initial_balance, _ = self._snapshot()
        self._versions: dict[tuple[str, ObjectId], int] = {}
        self._observed: Findings = defaultdict(list)

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Observe the databases repeatedly while the context lasts."""
        ended = threading.Event()

        def observe() -> None:
            while not ended.wait(OBSERVATION_SECONDS):
                # A database may be down.
                with suppress(PyMongoError):
                    self._observe()

        thread = threading.Thread(target=observe)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def find(
        self,
        history: History,
        messages: Iterable[KafkaMessage],
        dead_letter_ids: set[str],
        *,
        has_kafka_data: bool,
    ) -> Findings:
        """Return the violations of each invariant, once every order is settled.

        Args:
            history: The requests and responses.
            messages: The messages in Kafka.
            dead_letter_ids: The ids of the dead letters that must exist.
            has_kafka_data: Whether Kafka has kept its data.
        """
        self._observe()
        observed, self._observed = self._observed, defaultdict(list)
        unexpected, history.unexpected = history.unexpected, []
        sent = list(messages)
        outboxes = (self._databases.orders["outbox"], self._databases.products["outbox"])
        rows = [row for outbox in outboxes for row in outbox.find()]
        return {
            "C1": observed["C1"],
            "C2": [*unexpected, *self._wrong_keys(history)],
            "C3": list(self._wrong_statuses()),
            "C4": list(self._wrong_totals()),
            "C5": list(self._wrong_rejections(rows)),
            "C6": [*observed["C6"], *_changed_events(sent, rows)],
            "C7": differing_products(self._databases),
            "C8": list(_unmatched_events(sent, rows)) if has_kafka_data else [],
            "C10": list(self._wrong_dead_letters(dead_letter_ids)),
        }

    def _observe(self) -> None:
        balance, products = self._snapshot()
        for product_id, count in self._initial_balance.items():
            if balance[product_id] != count:
                self._add("C1", f"{product_id}: {balance[product_id]} instead of {count}")
        for row in products:
            if row["quantity"] < 0:
                self._add("C1", f"{row['_id']}: {row['quantity']} left")
        versions = {
            ("product", row["_id"]): row["details_version"] + row["stock_version"]
            for row in products
        }
        for row in self._databases.orders["products"].find():
            versions["projection", row["_id"]] = row["version"]
        for key, version in versions.items():
            if version < self._versions.get(key, 0):
                self._add("C6", f"{key}: version {version} after {self._versions[key]}")
        self._versions |= versions

    def _add(self, invariant: str, finding: str) -> None:
        if finding not in self._observed[invariant]:
            self._observed[invariant].append(finding)

    def _snapshot(self) -> tuple[Balance, list[Any]]:
        """Return the balance and the products of one moment."""
        database = self._databases.products
        with database.client.start_session() as session:

            def read(_session: Any) -> tuple[list[Any], list[Any], list[Any]]:
                return (
                    list(database["products"].find({}, {"terms": 0}, session=session)),
                    list(database["orders"].find({"status": "ACCEPTED"}, session=session)),
                    list(database["audit"].find({}, session=session)),
                )

            products, decisions, edits = session.with_transaction(
                read, read_concern=ReadConcern("snapshot")
            )
        return _balance(products, decisions, edits), products

    def _wrong_totals(self) -> Iterator[str]:
        """Yield products whose stock does not match the accepted orders of orders-ms.

        This differs from C1, which uses the decisions of products-ms.
        """
        _, products = self._snapshot()
        orders = self._databases.orders["orders"].find({"status": "ACCEPTED"})
        edits = self._databases.products["audit"].find({})
        balance = _balance(products, orders, edits)
        for product_id, count in self._initial_balance.items():
            if balance[product_id] != count:
                yield f"{product_id}: {balance[product_id] - count} too many in stock or sold"

    def _wrong_keys(self, history: History) -> Iterator[str]:
        order_ids = {str(row["_id"]) for row in self._new_orders()}
        stored = {
            row["_id"]: row["result"] for row in self._databases.orders["idempotency_keys"].find()
        }
        ids_by_key = set()
        for attempt in history.attempts:
            order_id = stored.get(key_id(attempt.email, attempt.key))
            ids_by_key.add(order_id)
            if attempt.order_ids - {order_id}:
                yield f"key {attempt.key}: returned {attempt.order_ids}, stored {order_id}"
            if attempt.refused and not attempt.order_ids and order_id:
                yield f"key {attempt.key}: refused, but {order_id} is stored"
        for order_id in order_ids ^ (ids_by_key - {None}):
            yield f"order {order_id}: it and its key are not both stored"

    def _wrong_statuses(self) -> Iterator[str]:
        orders, decisions = self._databases.statuses()
        for order_id, status in orders.items():
            decision = decisions.get(order_id)
            if decision != status:
                yield f"order {order_id}: {status} in orders-db, {decision} in products-db"
        for order_id in decisions.keys() - orders.keys():
            yield f"order {order_id}: only in products-db"
        for row in self._new_orders():
            steps = [OrderStatus(step["status"]) for step in row["history"]]
            legal = all(after in TRANSITIONS[before] for before, after in pairwise(steps))
            if not legal or steps[0] != OrderStatus.PENDING or steps[-1] != row["status"]:
                yield f"order {row['_id']}: {steps}"

    def _new_orders(self) -> Iterator[Any]:
        for row in self._databases.orders["orders"].find():
            if row["_id"] not in self._initial_orders:
                yield row

    def _wrong_rejections(self, rows: Iterable[Any]) -> Iterator[str]:
        """Yield orders that were rejected although the stock sufficed."""
        stock = _stock_history(rows)
        for decision in self._databases.products["orders"].find({"status": "REJECTED"}):
            ordered = {line["product_id"]: line["quantity"] for line in decision["lines"]}
            for line in decision["line_reasons"]:
                product_id = line["product_id"]
                states = stock.get(str(product_id), [])
                possible = _stocks_at(states, decision["decided_at"])
                if states and all(left >= ordered[product_id] for left in possible):
                    yield f"order {decision['_id']}: there was enough of {product_id}"

    def _wrong_dead_letters(self, expected_ids: set[str]) -> Iterator[str]:
        counts: Counter[str] = Counter()
        for database in (self._databases.orders, self._databases.products):
            for row in database["dead_letters"].find():
                counts[row["_id"]] += 1
                if row["_id"] not in expected_ids:
                    yield f"{row['topic']} at {row['offset']}: {row['reason']}"
        for dead_letter_id in expected_ids:
            if counts[dead_letter_id] != 1:
                yield f"dead letter {dead_letter_id}: stored {counts[dead_letter_id]} times"


def _balance(products: Iterable[Any], accepted: Iterable[Any], edits: Iterable[Any]) -> Balance:
    """Return the sum of stock and sold pieces less the manual changes, by product."""
    balance: dict[ObjectId, int] = defaultdict(int)
    for row in products:
        balance[row["_id"]] += row["quantity"]
    for order in accepted:
        for line in order.get("lines") or order["products"]:
            balance[line["product_id"]] += line["quantity"]
    for edit in edits:
        if edit["before"] and "quantity" in (edit["after"] or {}):
            change = edit["after"]["quantity"] - edit["before"]["quantity"]
            balance[ObjectId(edit["subject"])] -= change
    return balance


def _changed_events(sent: Iterable[KafkaMessage], rows: Iterable[Any]) -> Iterator[str]:
    """Yield events that exist with different bytes."""
    values = {row["_id"]: bytes(row["value"]) for row in rows}
    for message in sent:
        event_id = message.event_id
        if event_id != "poison" and values.setdefault(event_id, message.value) != message.value:
            yield f"event {event_id}: two values"


def _unmatched_events(sent: Iterable[KafkaMessage], rows: Iterable[Any]) -> Iterator[str]:
    """Yield outbox rows that are not in Kafka, and events in Kafka without a row."""
    stored = {row["_id"] for row in rows}
    in_kafka = {message.event_id for message in sent} - {"poison"}
    for event_id in stored - in_kafka:
        yield f"event {event_id}: in no topic"
    for event_id in in_kafka - stored:
        yield f"event {event_id}: in no outbox"


StockState = tuple[int, datetime, int]
"""A product's version, its time, and the available stock."""


def _stock_history(rows: Iterable[Any]) -> dict[str, list[StockState]]:
    """Return each product's states by version, from the events in the outboxes."""
    history: dict[str, list[StockState]] = defaultdict(list)
    for row in rows:
        if row["topic"] == PRODUCTS_TOPIC:
            body = json.loads(bytes(row["value"]))
            state = body["product"] if "product" in body else body["products"][0]
            left = 0 if state["archived"] else state["quantity"]
            history[state["id"]].append((state["version"], row["time"], left))
    return {product_id: sorted(states) for product_id, states in history.items()}


def _stocks_at(states: list[StockState], decided_at: datetime) -> Iterator[int]:
    """Yield the stocks that a decision may have seen: at about its time, and just before."""

    def seconds_after(time: datetime) -> float:
        return (time - decided_at).total_seconds()

    earlier = [left for _, time, left in states if seconds_after(time) < -CLOCK_SECONDS]
    yield from earlier[-1:]
    for _, time, left in states:
        if abs(seconds_after(time)) <= CLOCK_SECONDS:
            yield left
