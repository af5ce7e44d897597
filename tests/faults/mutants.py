"""Services that lack one of their guards. The checker must detect each of them.

A mutant patches functions of the service in its process. Each comes with the fault against which
the guard protects, and runs without the jobs that would repair what it does.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne
from tests.faults.targets import (
    CANCEL_DECISIONS,
    CARD_RECEIPT,
    DATABASE_CLIENT,
    DECIDE,
    FIND_DECISIONS,
    INSERT_MANY,
    KEYS_FIND,
    LINE_REASONS,
    MAIL_LEASE,
    OUT_OF_TIME,
    OUTBOX_ADD,
    PUT_PRODUCTS,
    REFUNDS_TO_REQUEST,
    STOCK_CHANGE,
    UPDATE_DECISIONS,
    Decorator,
    Method,
    patch,
)

from shopkit.contract.events import OrderStatus

SWEEPING, RESENDING, RECONCILING = "sweeping", "resending", "reconciling"
ALL_REPAIRS = frozenset({SWEEPING, RESENDING, RECONCILING})
BUT_SWEEPING = frozenset({RESENDING, RECONCILING})


class Marker:
    """Records that the code of a mutant ran."""

    file = Path()

    @classmethod
    def set(cls) -> None:
        """Create the file."""
        cls.file.touch()


executed = Marker.set


@dataclass(frozen=True)
class Mutant:
    """A service without a guard.

    Args:
        service: The service.
        patches: The replacement of each function.
        fault: The name of the fault against which the guard protects.
        detected_by: The invariants that must all be violated. If there are none, the guard is
            redundant: others protect the data without it, and nothing may be violated.
        without_repair: The jobs that are off, because they would repair what the mutant does.
        without_validator: Whether products-db accepts any product.
    """

    service: str
    patches: Mapping[str, Decorator]
    fault: str
    detected_by: frozenset[str]
    without_repair: frozenset[str] = BUT_SWEEPING
    without_validator: bool = False

    def install(self) -> None:
        """Replace the functions in this process."""
        for target, decorate in self.patches.items():
            patch(target, decorate)


def _run(when: ContextVar[bool]) -> Decorator:
    """Let a method set a variable while it runs."""

    def decorate(method: Method) -> Method:
        async def run(*arguments: Any, **options: Any) -> Any:
            token = when.set(True)
            try:
                return await method(*arguments, **options)
            finally:
                when.reset(token)

        return run

    return decorate


_in_decide: ContextVar[bool] = ContextVar("in_decide", default=False)
_in_cancel: ContextVar[bool] = ContextVar("in_cancel", default=False)
_first_look: ContextVar[Mapping[str, Any]] = ContextVar("first_look")


def _never_reject(line_reasons: Method) -> Method:
    def no_reasons(*arguments: Any) -> tuple[()]:
        if tuple(line_reasons(*arguments)):
            executed()
        return ()

    return no_reasons


def _unguarded_stock_change(_change: Method) -> Method:
    def change(product_id: Any, delta: int, now: Any) -> UpdateOne:
        update = _change(product_id, delta, now)
        if delta < 0:
            executed()
        return UpdateOne({"_id": update._filter["_id"]}, update._doc)

    return change


def _accept_archived(line_reasons: Method) -> Method:
    def reasons(stock: Any, lines: Any) -> Iterator[Any]:
        enough = {
            line.product_id
            for line in lines
            if line.quantity <= stock._left.get(line.product_id, 0)
        }
        for reason in line_reasons(stock, lines):
            if reason.product_id in enough:
                executed()
            else:
                yield reason

    return reasons


def _sell_archived(change: Method) -> Method:
    def change_any(product_id: Any, delta: int, now: Any) -> UpdateOne:
        update = change(product_id, delta, now)
        update._filter.pop("archived", None)
        return update  # type: ignore[no-any-return]

    return change_any


def _find_no_decisions(find: Method) -> Method:
    async def find_unless_forgotten(*arguments: Any, **options: Any) -> Any:
        found = await find(*arguments, **options)
        if not (_in_decide.get() and found):
            return found
        executed()
        return {}

    return find_unless_forgotten


def _cancelled_as_accepted(find: Method) -> Method:
    async def find_accepted(*arguments: Any, **options: Any) -> Any:
        found = await find(*arguments, **options)
        for id_, decision in found.items():
            if _in_cancel.get() and decision.lines and decision.status is OrderStatus.CANCELLED:
                executed()
                found[id_] = replace(decision, status=OrderStatus.ACCEPTED)
        return found

    return find_accepted


def _skip_cancelled(update: Method) -> Method:
    """Let the update of decisions skip those that are CANCELLED already."""

    async def update_others(repository: Any, changes: Any, *, session: Any) -> None:
        ids = [ObjectId(before.order_id) for before, _ in changes]
        query = {"_id": {"$in": ids}, "status": "CANCELLED"}
        cancelled = {
            str(row["_id"]) async for row in repository._decisions.find(query, session=session)
        }
        others = [pair for pair in changes if pair[0].order_id not in cancelled]
        await update(repository, others, session=session)

    return update_others


def _publish_repeatedly(add: Method) -> Method:
    """Let a cancellation publish an answer that is stored already."""

    async def add_again(outbox: Any, publications: Any, *, session: Any) -> None:
        if not _in_cancel.get():
            await add(outbox, publications, session=session)
            return
        token = _in_cancel.set(False)
        await outbox.add_again(publications, session=session)
        _in_cancel.reset(token)

    return add_again


def _replacing_inserts(collection_name: str) -> Decorator:
    """Let an insert into a collection replace documents that exist."""

    def decorate(insert_many: Method) -> Method:
        async def insert(collection: Any, documents: Any, **options: Any) -> Any:
            if collection.name == collection_name:
                ids = [document["_id"] for document in documents]
                await collection.delete_many({"_id": {"$in": ids}}, session=options.get("session"))
            return await insert_many(collection, documents, **options)

        return insert

    return decorate


def _outside_of_transaction(collection_name: str) -> Decorator:
    """Let inserts into a collection ignore the transaction."""

    def decorate(insert_many: Method) -> Method:
        async def insert(collection: Any, documents: Any, **options: Any) -> Any:
            if collection.name == collection_name and options.pop("session", None):
                executed()
            return await insert_many(collection, documents, **options)

        return insert

    return decorate


def _find_keys_of_first_look(find: Method) -> Method:
    """Let the look in the transaction find only what the look before it found."""

    async def find_again(keys: Any, ids: Any, *, session: Any = None) -> Any:
        found = await find(keys, ids, session=session)
        if session is None:
            _first_look.set(found)
            return found
        known = {id_: record for id_, record in found.items() if id_ in _first_look.get()}
        if len(known) < len(found):
            executed()
        return known

    return find_again


def _replace_any_version(replace: Method) -> Method:
    def replace_anyway(state: Any) -> UpdateOne:
        executed()
        write = replace(state)
        return UpdateOne({"_id": write._filter["_id"]}, write._doc)

    return replace_anyway


def _mark_as_sent_first(lease: Method) -> Method:
    """Let a mail count as sent before the attempt to send it."""

    async def lease_and_mark(mails: Any) -> Any:
        stored = await lease(mails)
        if stored is not None:
            await mails.mark_sent(stored.mail.id)
            executed()
        return stored

    return lease_and_mark


def _local_reads(initialize: Method) -> Method:
    def initialize_client(client: Any, *arguments: Any, **options: Any) -> None:
        if options.pop("readConcernLevel", None):
            executed()
        initialize(client, *arguments, **options)

    return initialize_client


def _book_again(find: Method) -> Method:
    """Let a payment look as if it was not booked yet."""

    def find_nothing(payment: Any, reference: str) -> None:
        if find(payment, reference):
            executed()

    return find_nothing


def _keep_the_money(refunds_to_request: Method) -> Method:
    def request_nothing(*arguments: Any) -> list[Any]:
        if refunds_to_request(*arguments):
            executed()
        return []

    return request_nothing


def _refund_without_a_look(refunds_to_request: Method) -> Method:
    """Let refunds be requested as if the provider knew none."""

    def request_all(order: Any, session: Any) -> Any:
        wanted = refunds_to_request(order, replace(session, refunds=()))
        if len(wanted) > len(refunds_to_request(order, session)):
            executed()
        return wanted

    return request_all


def _never_out_of_time(is_out_of_time: Method) -> Method:
    def never(*arguments: Any) -> bool:
        if is_out_of_time(*arguments):
            executed()
        return False

    return never


REPLAY = "every event again, shuffled"

MUTANTS = {
    "no stock check": Mutant(
        "products",
        {LINE_REASONS: _never_reject},
        fault="broker stopped",
        # The guarded update refuses forever, so the orders are never settled.
        detected_by=frozenset({"C3"}),
    ),
    "no guard in the stock's update": Mutant(
        "products",
        {STOCK_CHANGE: _unguarded_stock_change},
        fault="broker stopped",
        # The check reads the stock in the transaction's snapshot, and a change of it since then is
        # a write conflict.
        detected_by=frozenset(),
    ),
    "neither stock check nor guard": Mutant(
        "products",
        {LINE_REASONS: _never_reject, STOCK_CHANGE: _unguarded_stock_change},
        fault="broker stopped",
        detected_by=frozenset({"C1"}),
        without_validator=True,
    ),
    "no archive check": Mutant(
        "products",
        {LINE_REASONS: _accept_archived, STOCK_CHANGE: _sell_archived},
        fault="broker stopped",
        detected_by=frozenset({"C5"}),
    ),
    "no check for an earlier decision": Mutant(
        "products",
        {
            DECIDE: _run(_in_decide),
            FIND_DECISIONS: _find_no_decisions,
            INSERT_MANY: _replacing_inserts("orders"),
        },
        fault=REPLAY,
        detected_by=frozenset({"C3"}),
    ),
    "stock returned twice": Mutant(
        "products",
        {
            CANCEL_DECISIONS: _run(_in_cancel),
            FIND_DECISIONS: _cancelled_as_accepted,
            UPDATE_DECISIONS: _skip_cancelled,
            # The ids in the outbox are a guard too.
            OUTBOX_ADD: _publish_repeatedly,
        },
        fault=REPLAY,
        detected_by=frozenset({"C1", "C4"}),
    ),
    "decisions outside of the transaction": Mutant(
        "products",
        {INSERT_MANY: _outside_of_transaction("orders")},
        fault="products dies before commit",
        detected_by=frozenset({"C1"}),
    ),
    "outbox outside of the transaction": Mutant(
        "orders",
        {INSERT_MANY: _outside_of_transaction("outbox")},
        fault="orders dies after it wrote the outbox",
        # Only the sweeper sends the event of an order that was never stored.
        detected_by=frozenset({"C3"}),
    ),
    "no second look at the keys": Mutant(
        "orders",
        {
            KEYS_FIND: _find_keys_of_first_look,
            INSERT_MANY: _replacing_inserts("idempotency_keys"),
        },
        fault="two of each",
        detected_by=frozenset({"C2"}),
    ),
    "no guard of the product's version": Mutant(
        "orders",
        {PUT_PRODUCTS: _replace_any_version},
        fault=REPLAY,
        detected_by=frozenset({"C6"}),
    ),
    "no majority reads": Mutant(
        "orders",
        {DATABASE_CLIENT: _local_reads},
        fault="orders-db loses its majority",
        detected_by=frozenset({"C2"}),
    ),
    "mails marked as sent too early": Mutant(
        "orders",
        {MAIL_LEASE: _mark_as_sent_first},
        fault="orders dies before it sends a mail",
        detected_by=frozenset({"C16"}),
        # No job sends a mail that counts as sent.
        without_repair=frozenset(),
    ),
    "payments booked at each look": Mutant(
        "orders",
        {CARD_RECEIPT: _book_again},
        fault="provider sends webhooks twice",
        detected_by=frozenset({"C12", "C14"}),
    ),
    "money of cancelled orders is kept": Mutant(
        "orders",
        {REFUNDS_TO_REQUEST: _keep_the_money},
        fault="none, with cards",
        detected_by=frozenset({"C12", "C13"}),
    ),
    "refunds without a look at the provider's": Mutant(
        "orders",
        {REFUNDS_TO_REQUEST: _refund_without_a_look},
        fault="provider fails after it did the work",
        detected_by=frozenset({"C12"}),
    ),
    "expired pages do not cancel": Mutant(
        "orders",
        {OUT_OF_TIME: _never_out_of_time},
        fault="none, with cards",
        detected_by=frozenset({"C15"}),
    ),
}

# Every run of their fault executes them.
SHORT_MUTANTS = ["no check for an earlier decision", "stock returned twice"]
