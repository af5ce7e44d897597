"""The invariants of docs/architecture.md, as functions of data that was read before.

Each returns a line for each violation. Documents are those of the databases.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from bench.consistency import Document, differing_documents
from bson import ObjectId
from tests.faults.history import History
from tests.faults.tail import KafkaMessage

from orders.models.order import TRANSITIONS
from shopkit.contract.events import PRODUCTS_TOPIC, OrderStatus
from shopkit.storage.idempotency import key_id
from shopkit.storage.unit_of_work import Mail

INVARIANTS = tuple(f"C{number}" for number in range(1, 17))
POISON = "poison"
"""The event id of messages that the runner makes up."""

Balance = Mapping[ObjectId, int]

CLOCK_SECONDS = 1
"""Clocks of replicas may differ, and a transaction takes time to commit."""
SLOWER_SECONDS, SLOWER_TIMES = 0.5, 3
"""By how much orders may become slower while another event cannot be applied."""


class ReceivedMail(NamedTuple):
    """A mail that the SMTP server received.

    Args:
        mail_id: The id in its Message-ID.
        content: What it reports: its recipient, its subject and its text.
    """

    mail_id: str
    content: str


@dataclass
class Data:
    """The contents of the databases and of Kafka, once every order is settled.

    Args:
        products: The products of products-db.
        decisions: The decisions of products-db.
        audit: The audit entries of products-db.
        orders: The orders of orders-db.
        projection: The products of orders-db.
        keys: The idempotency keys of orders-db.
        rows: The rows of both outboxes.
        dead_letters: The dead letters of both databases.
        messages: The messages in Kafka.
        mails: The mails of orders-db.
        received: The mails that the SMTP server received.
    """

    products: Sequence[Document] = ()
    decisions: Sequence[Document] = ()
    audit: Sequence[Document] = ()
    orders: Sequence[Document] = ()
    projection: Sequence[Document] = ()
    keys: Sequence[Document] = ()
    rows: Sequence[Document] = ()
    dead_letters: Sequence[Document] = ()
    messages: Sequence[KafkaMessage] = ()
    mails: Sequence[Document] = ()
    received: Sequence[ReceivedMail] = ()


@dataclass(frozen=True)
class Initial:
    """The state before the first request.

    Args:
        balance: The stock and the accepted quantities of each product.
        order_ids: The orders that existed.
    """

    balance: Balance = field(default_factory=dict)
    order_ids: Collection[ObjectId] = ()


# C1


def balance(
    products: Iterable[Document], accepted: Iterable[Document], audit: Iterable[Document]
) -> Balance:
    """Return stock plus accepted quantities less the changes by admins, by product."""
    total: dict[ObjectId, int] = defaultdict(int)
    for row in products:
        total[row["_id"]] += row["quantity"]
    for order in accepted:
        for line in order.get("lines") or order["products"]:
            total[line["product_id"]] += line["quantity"]
    for edit in audit:
        after = (edit["after"] or {}).get("quantity")
        if after is not None:
            before = edit["before"]["quantity"] if edit["before"] else 0
            total[ObjectId(edit["subject"])] -= after - before
    return total


def unbalanced(initial: Balance, current: Balance) -> list[str]:
    """C1: the balance of each product never changes. It is 0 for one that an admin added."""
    return [
        f"product {id_}: {current.get(id_, 0)} instead of {initial.get(id_, 0)}"
        for id_ in initial.keys() | current.keys()
        if current.get(id_, 0) != initial.get(id_, 0)
    ]


def negative_stock(products: Iterable[Document], rows: Iterable[Document]) -> list[str]:
    """C1: the stock is never below zero, neither in a document nor in an event."""
    stored = [f"product {row['_id']}: {row['quantity']}" for row in products if row["quantity"] < 0]
    announced = [
        f"event {row['_id']}: {state['quantity']}"
        for row, state in _product_states(rows)
        if state["quantity"] < 0
    ]
    return stored + announced


# C2


def wrong_keys(data: Data, history: History, initial: Initial) -> list[str]:
    """C2: every 201 is one order, every key at most one, and no order was made up."""
    return list(_wrong_keys(data, history, initial))


def _wrong_keys(data: Data, history: History, initial: Initial) -> Iterator[str]:
    order_ids = {str(row["_id"]) for row in _new_orders(data, initial)}
    stored = {row["_id"]: row["result"] for row in data.keys}
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


def vanished_states(data: Data, seen: Iterable[tuple[str, str]]) -> list[str]:
    """C2: what a response showed about an order stays true: it is in the order's history."""
    steps = {str(row["_id"]): _statuses(row) for row in data.orders}
    return [
        f"order {order_id}: a response showed {status}, which is not stored"
        for order_id, status in sorted(seen)
        if status not in steps.get(order_id, ())
    ]


# C3


def wrong_statuses(data: Data, initial: Initial) -> list[str]:
    """C3: both services have the same final status, which was reached in legal steps."""
    return list(_wrong_statuses(data, initial))


def _wrong_statuses(data: Data, initial: Initial) -> Iterator[str]:
    orders = {row["_id"]: row["status"] for row in data.orders}
    decisions = {row["_id"]: row["status"] for row in data.decisions}
    for order_id, status in orders.items():
        if decisions.get(order_id) != status:
            decision = decisions.get(order_id)
            yield f"order {order_id}: {status} in orders-db, {decision} in products-db"
    for order_id in decisions.keys() - orders.keys():
        yield f"order {order_id}: only in products-db"
    for row in _new_orders(data, initial):
        steps = [OrderStatus(status) for status in _statuses(row)]
        legal = all(after in TRANSITIONS[before] for before, after in pairwise(steps))
        if not legal or steps[0] is not OrderStatus.PENDING or steps[-1] != row["status"]:
            yield f"order {row['_id']}: {', '.join(steps)}; now {row['status']}"


# C4


def wrong_totals(data: Data, initial: Initial) -> list[str]:
    """C4: the stock matches the orders that are ACCEPTED in orders-db.

    This differs from C1, which uses the decisions of products-ms.
    """
    accepted = [row for row in data.orders if row["status"] == "ACCEPTED"]
    current = balance(data.products, accepted, data.audit)
    return unbalanced(initial.balance, current)


# C5


class StockState(NamedTuple):
    """A product's version, when it began, and what could be sold of it."""

    version: int
    time: datetime
    left: int
    archived: bool


def wrong_decisions(data: Data, initial: Initial) -> list[str]:
    """C5: an order was rejected because its stock was short, and accepted if it was for sale."""
    return list(_wrong_decisions(data, initial))


def _wrong_decisions(data: Data, initial: Initial) -> Iterator[str]:
    stock = _stock_history(data.rows)
    new = (row for row in data.decisions if row["_id"] not in initial.order_ids)
    for decision in new:
        states = {
            line["product_id"]: stock.get(str(line["product_id"]), ()) for line in decision["lines"]
        }
        possible = {
            id_: list(_states_at(known, decision["decided_at"])) for id_, known in states.items()
        }
        if decision["status"] == "REJECTED":
            yield from _wrong_rejection(decision, possible)
        elif decision["status"] == "ACCEPTED":
            yield from (
                f"order {decision['_id']}: accepted, but {id_} was archived"
                for id_, known in possible.items()
                if known and all(state.archived for state in known)
            )


def _wrong_rejection(
    decision: Document, possible: Mapping[ObjectId, Sequence[StockState]]
) -> Iterator[str]:
    if not decision["line_reasons"]:
        yield f"order {decision['_id']}: rejected without a reason: {decision['reason']}"
    ordered = {line["product_id"]: line["quantity"] for line in decision["lines"]}
    for line in decision["line_reasons"]:
        known = possible.get(line["product_id"], ())
        if known and all(state.left >= ordered[line["product_id"]] for state in known):
            yield f"order {decision['_id']}: there was enough of {line['product_id']}"


def _stock_history(rows: Iterable[Document]) -> dict[str, list[StockState]]:
    """Return each product's states by version, from the events in the outboxes."""
    history: dict[str, list[StockState]] = defaultdict(list)
    for row, state in _product_states(rows):
        left = 0 if state["archived"] else state["quantity"]
        history[state["id"]].append(
            StockState(state["version"], row["time"], left, state["archived"])
        )
    return {product_id: sorted(states) for product_id, states in history.items()}


def _states_at(states: Iterable[StockState], decided_at: datetime) -> Iterator[StockState]:
    """Yield the states that a decision may have seen: at about its time, and just before."""

    def seconds_after(state: StockState) -> float:
        return (state.time - decided_at).total_seconds()

    known = list(states)
    earlier = [state for state in known if seconds_after(state) < -CLOCK_SECONDS]
    yield from earlier[-1:]
    yield from (state for state in known if abs(seconds_after(state)) <= CLOCK_SECONDS)


# C6


def falling_versions(
    before: Mapping[tuple[str, ObjectId], int], after: Mapping[tuple[str, ObjectId], int]
) -> list[str]:
    """C6: the version of a product only grows, in products-db and in the projection."""
    return [
        f"{place} {id_}: version {version} after {before[place, id_]}"
        for (place, id_), version in after.items()
        if version < before.get((place, id_), 0)
    ]


def changed_events(data: Data) -> list[str]:
    """C6: events with the same id have the same bytes."""
    values = {row["_id"]: bytes(row["value"]) for row in data.rows}
    return [
        f"event {message.event_id}: two values"
        for message in data.messages
        if message.event_id != POISON
        and values.setdefault(message.event_id, message.value) != message.value
    ]


# C7


def differing_products(data: Data) -> list[str]:
    """C7: the projection equals the products, document by document."""
    ids = differing_documents(data.products, data.projection)
    return [f"product {id_}: it differs in the projection" for id_ in ids]


# C8


def unmatched_events(data: Data) -> list[str]:
    """C8: every outbox row is in Kafka, and every event in Kafka has a row."""
    stored = {row["_id"] for row in data.rows}
    in_kafka = {message.event_id for message in data.messages} - {POISON}
    return [
        *(f"event {event_id}: in no topic" for event_id in stored - in_kafka),
        *(f"event {event_id}: in no outbox" for event_id in in_kafka - stored),
    ]


# C9


def slow_recovery(seconds: float | None, limit: float) -> list[str]:
    """C9: an order that is placed after the fault is settled in time."""
    if seconds is None:
        return [f"no order was settled within {limit:g} s after the fault"]
    return [f"an order took {seconds:.1f} s, not {limit:g} s"] if seconds > limit else []


# C10


def wrong_dead_letters(data: Data, expected_ids: Collection[str]) -> list[str]:
    """C10: each event that cannot be applied is one dead letter, and no other event is."""
    counts = Counter(row["_id"] for row in data.dead_letters)
    unexpected = [
        f"{row['topic']} at {row['offset']}: {row['reason']}"
        for row in data.dead_letters
        if row["_id"] not in expected_ids
    ]
    return unexpected + [
        f"dead letter {id_}: stored {counts[id_]} times" for id_ in expected_ids if counts[id_] != 1
    ]


def slowed_orders(before: Sequence[float], after: Sequence[float]) -> list[str]:
    """C10: an event that cannot be applied does not slow down the others.

    Args:
        before: The seconds in which orders were settled before the event.
        after: The same after the event.
    """
    limit = max(SLOWER_TIMES * median(before), median(before) + SLOWER_SECONDS)
    if median(after) <= limit:
        return []
    return [f"orders took {median(after):.2f} s instead of {median(before):.2f} s"]


# C11


def wrong_views(data: Data, history: History) -> list[str]:
    """C11: a follower of the stream sees the last status of each order, and never goes back."""
    return list(_wrong_views(data, history))


def _wrong_views(data: Data, history: History) -> Iterator[str]:
    stored = {str(row["_id"]): _statuses(row) for row in data.orders}
    for view in history.views:
        reached: dict[str, int] = {}
        for order_id, status in view.steps:
            steps = stored.get(order_id, [])
            if status not in steps:
                yield f"stream of {view.email}: {order_id} {status}, which is not stored"
            elif steps.index(status) < reached.get(order_id, 0):
                yield f"stream of {view.email}: {order_id} went back to {status}"
            else:
                reached[order_id] = steps.index(status)
        for order_id in history.expected_in(view):
            shown, last = view.statuses.get(order_id), stored.get(order_id, [None])[-1]
            if shown != last:
                yield f"stream of {view.email}: {order_id} is {last}, but it shows {shown}"


# C16


def wrong_mails(data: Data, initial: Initial) -> list[str]:
    """C16: each decision about an order has one mail, which is sent, waiting or parked."""
    return list(_wrong_mails(data, initial))


def _wrong_mails(data: Data, initial: Initial) -> Iterator[str]:
    stored = {row["_id"]: row for row in data.mails}
    asked = _mails_of(_new_orders(data, initial))
    received = {mail.mail_id for mail in data.received}
    for mail_id, cause in asked.items():
        status = stored[mail_id]["status"] if mail_id in stored else None
        if status not in {"sent", "waiting", "parked"}:
            yield f"{cause}: its mail is {status}"
        elif status == "sent" and mail_id not in received:
            yield f"{cause}: its mail is sent, but was not received"
    for mail_id in (stored.keys() | received) - _mails_of(data.orders).keys():
        yield f"mail {mail_id}: no change asked for it"
    ids_by_content: dict[str, set[str]] = defaultdict(set)
    for mail in data.received:
        ids_by_content[mail.content].add(mail.mail_id)
    for ids in ids_by_content.values():
        if len(ids) > 1:
            yield f"mails {', '.join(sorted(ids))}: the same mail with different ids"


def _mails_of(orders: Iterable[Document]) -> dict[str, str]:
    """Return what each mail about these orders reports, by the id of the mail."""
    return {
        Mail(f"order/{order['_id']}/{status}", "", "").id: f"order {order['_id']} {status}"
        for order in orders
        for status in _statuses(order)
        if status != OrderStatus.PENDING
    }


def _new_orders(data: Data, initial: Initial) -> list[Document]:
    return [row for row in data.orders if row["_id"] not in initial.order_ids]


def _statuses(order: Document) -> list[str]:
    return [step["status"] for step in order["history"]]


def _product_states(rows: Iterable[Document]) -> Iterator[tuple[Document, Any]]:
    """Yield each row of a product's event with the product's state in it."""
    for row in rows:
        if row["topic"] == PRODUCTS_TOPIC:
            body = json.loads(bytes(row["value"]))
            yield row, body["product"] if "product" in body else body["products"][0]
