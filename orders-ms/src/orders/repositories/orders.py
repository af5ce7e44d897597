"""The collection `orders`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import DESCENDING, UpdateOne

from orders.models.cards import concerns_provider
from orders.models.comparison import IdRange, OrderSummary
from orders.models.number import normalize_number
from orders.models.order import Order, Owner
from orders.models.query import OrderQuery
from orders.models.totals import CustomerTotals
from orders.models.views import views_of
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.order_documents import (
    CUSTOMERS,
    changed_parts,
    document_of,
    first_resend,
    line_document,
    order_of,
)
from shopkit.clock import Clock, utc_now
from shopkit.contract.events import OrderStatus
from shopkit.identity import Identity, is_account_id, misread
from shopkit.storage.keyset import Keyset, id_key, id_range, time_key
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session

MAX_RESEND_DELAY = timedelta(minutes=10)
CHANGED_LIMIT = 500
TOTALS_LIMIT = 1_000
"""How many orders of a customer are added up, beginning with the newest."""

_NEXT_DELAY = {
    "$min": [
        {"$multiply": ["$resend_delay_seconds", 2]},
        int(MAX_RESEND_DELAY.total_seconds()),
    ]
}
_NEXT_RESEND = {
    "resend_delay_seconds": _NEXT_DELAY,
    "resend_at": {"$add": ["$$NOW", {"$multiply": [_NEXT_DELAY, 1_000]}]},
}
_WITHOUT_ACCOUNT: Document = {"account_id": None, "account_sought": None}
_NEWEST = Keyset(time_key("created_at", DESCENDING), id_key(DESCENDING))


class OrderRepository:
    """Reads and writes orders.

    Args:
        database: The database.
        clock: The database's clock.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._orders = database["orders"]
        self._attempts = CardAttemptRepository(database, clock)
        self._clock = clock

    async def find_by_id(self, order_id: str, *, session: Session = None) -> Order | None:
        """Return the order."""
        document = await self._orders.find_one({"_id": ObjectId(order_id)}, session=session)
        return order_of(document) if document else None

    async def find_by_ids(self, ids: Iterable[str], *, session: Session = None) -> dict[str, Order]:
        """Return the orders that exist, by id."""
        documents = self._orders.find(
            {"_id": {"$in": [ObjectId(order_id) for order_id in ids]}}, session=session
        )
        return {str(document["_id"]): order_of(document) async for document in documents}

    async def page(
        self, query: OrderQuery, *, limit: int, cursor: str | None
    ) -> tuple[list[Order], str | None]:
        """Return a page of orders, newest first, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        documents, next_cursor = await _NEWEST.page_of_any(
            self._orders, _filters(query), limit=limit, cursor=cursor
        )
        return [order_of(document) for document in documents], next_cursor

    async def totals(self, customer: str) -> CustomerTotals:
        """Return the number and the value of a customer's newest orders, at most 1,000.

        Args:
            customer: The customer's email address or account id.
        """
        rows = self._orders.find(_placed_as(customer), {"status": 1, "cost_cents": 1})
        newest = await rows.sort(_NEWEST.sort).limit(TOTALS_LIMIT + 1).to_list()
        return CustomerTotals.of(
            [(OrderStatus(row["status"]), row["cost_cents"]) for row in newest[:TOTALS_LIMIT]],
            capped=len(newest) > TOTALS_LIMIT,
        )

    async def add_missing_keys(self, limit: int) -> int:
        """Add the keys of up to `limit` customers' addresses that lack them."""
        return await CUSTOMERS.add_missing_keys(self._orders, limit)

    async def find_changed(self, shopper: Identity, since: datetime) -> list[Order]:
        """Return a shopper's orders that were written since a time, latest first, at most 500."""
        changed = {"updated_at": {"$gte": since}}
        documents = self._orders.find({"$or": [owned | changed for owned in _owned_by(shopper)]})
        latest = documents.sort("updated_at", DESCENDING).limit(CHANGED_LIMIT)
        return [order_of(document) async for document in latest]

    async def find_without_account(self, limit: int) -> dict[str, str]:
        """Return the ids and email addresses of some orders whose account was not sought yet."""
        documents = self._orders.find(_WITHOUT_ACCOUNT, {"client_email": 1}).limit(limit)
        return {str(document["_id"]): document["client_email"] async for document in documents}

    async def set_accounts(self, owners: Mapping[str, Owner | None]) -> None:
        """Store the owners of orders that have none, by the orders' ids. None is an unknown one."""
        await self._orders.bulk_write(
            [
                UpdateOne({"_id": ObjectId(order_id)} | _WITHOUT_ACCOUNT, {"$set": _owner(owner)})
                for order_id, owner in owners.items()
            ],
            ordered=False,
        )

    async def find_range(self, ids: IdRange, limit: int) -> list[OrderSummary]:
        """Return the first orders of a range of ids, ordered by id."""
        documents = self._orders.find(id_range(*ids), {"status": 1, "cancel_confirmed": 1})
        return [
            OrderSummary(
                str(document["_id"]), OrderStatus(document["status"]), document["cancel_confirmed"]
            )
            async for document in documents.sort("_id", 1).limit(limit)
        ]

    async def insert(self, orders: Sequence[Order], *, session: Session) -> None:
        """Store new orders."""
        await self._orders.insert_many([document_of(order) for order in orders], session=session)

    async def update(self, changes: Sequence[tuple[Order, Order]], *, session: Session) -> None:
        """Update orders.

        Args:
            changes: Pairs of an order before and after the change.
            session: The transaction.

        Raises:
            GuardMissedError: An order is no longer as it was before the change.
        """
        if not changes:
            return
        result = await self._orders.bulk_write(
            [_update(before, after, self._clock()) for before, after in changes], session=session
        )
        if result.matched_count != len(changes):
            raise GuardMissedError(f"{result.matched_count} of {len(changes)} orders")
        if concerned := [after.id for _, after in changes if concerns_provider(after)]:
            await self._attempts.wake(concerned, session=session)

    async def has_overdue(self) -> bool:
        """Return whether the answer of any order from products-ms is overdue."""
        overdue = {"resend_at": {"$lt": self._clock()}}
        return await self._orders.find_one(overdue, {"_id": 1}) is not None

    async def find_oldest_pending(self) -> datetime | None:
        """Return when the oldest pending order was placed, None if no order is pending."""
        oldest = await self._orders.find_one(
            {"status": OrderStatus.PENDING}, {"created_at": 1}, sort=[("created_at", 1), ("_id", 1)]
        )
        return oldest["created_at"] if oldest else None

    async def has_due(self) -> bool:
        """Return whether the deadline of any order, or its reminder, has come."""
        due = {"payment.act_at": {"$lte": self._clock()}}
        return await self._orders.find_one(due, {"_id": 1}) is not None

    async def find_due(self, limit: int) -> list[str]:
        """Return the ids of orders whose deadline or reminder has come, longest ago first."""
        due = {"payment.act_at": {"$lte": self._clock()}}
        rows = self._orders.find(due, {"_id": 1}).sort("payment.act_at", 1).limit(limit)
        return [str(row["_id"]) async for row in rows]

    async def take_overdue(self, limit: int) -> list[Order]:
        """Return orders whose answer from products-ms is overdue, longest overdue first.

        The update that finds an order also doubles its delay, so that no two processes take it. The
        time is that of the database.
        """
        orders: list[Order] = []
        while len(orders) < limit:
            document = await self._orders.find_one_and_update(
                {"resend_at": {"$exists": True}, "$expr": {"$lt": ["$resend_at", "$$NOW"]}},
                [{"$set": _NEXT_RESEND}],
                sort=[("resend_at", 1)],
            )
            if document is None:
                break
            orders.append(order_of(document))
        return orders


def _filters(query: OrderQuery) -> list[Document]:
    """Return the filters of which an order must match one."""
    times = {"$gte": query.since, "$lt": query.until}
    fields = {
        "status": query.status,
        "desk": query.view,
        "number": query.number and normalize_number(query.number),
        "created_at": {operator: time for operator, time in times.items() if time} or None,
    }
    common = {field: value for field, value in fields.items() if value is not None}
    if query.email is not None:
        common |= _placed_as(query.email)
    if query.email_beginning is not None:
        common |= _placed_by(query.email_beginning)
    return [owned | common for owned in _owned_by(query.owner)] if query.owner else [common]


def _owned_by(shopper: Identity) -> list[Document]:
    """Return the filters of which a shopper's orders match one."""
    return [
        {"account_id": shopper.account_id},
        {"client_email": misread(shopper.email), "account_id": None},
    ]


def _placed_as(owner: str) -> Document:
    """Return the filter for the orders of an account id or a complete email address."""
    if is_account_id(owner):
        return {"account_id": owner}
    # Orders without an account have the address as earlier releases stored it.
    return {"client_email": owner if owner.isascii() else {"$in": [owner, misread(owner)]}}


def _placed_by(text: str) -> Document:
    """Return the filter for the orders of an account id or the beginning of an email address."""
    return {"account_id": text} if is_account_id(text) else CUSTOMERS.matching(text)


def _owner(owner: Owner | None) -> Document:
    if owner is None:
        return {"account_sought": True}
    return {
        "account_id": owner.account_id,
        "client_email": owner.email,
        **CUSTOMERS.keys(owner.email),
    }


def _update(before: Order, after: Order, now: datetime) -> UpdateOne:
    changes: Document = {
        "status": after.status,
        "reason": after.reason,
        "products": [line_document(line) for line in after.lines],
        "history": [entry._asdict() for entry in after.history],
        "changed_at": after.changed_at,
        "updated_at": now,
        "cancel_confirmed": after.cancel_confirmed,
        "version": after.version,
        **changed_parts(before, after),
    }
    removed: Document = {}
    update: Document = {"$set": changes, "$unset": removed}
    if after.awaits_answer:
        changes |= first_resend(after.changed_at)
    else:
        removed |= {"resend_at": "", "resend_delay_seconds": ""}
    if views := views_of(after):
        changes["desk"] = views
    else:
        removed["desk"] = ""
    if not removed:
        del update["$unset"]
    guard = {
        "_id": ObjectId(before.id),
        "status": before.status,
        "cancel_confirmed": before.cancel_confirmed,
        # Orders that were never changed, and those of earlier releases, have no version.
        "version": before.version or None,
    }
    return UpdateOne(guard, update)
