"""The collection `orders`."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne

from orders.models.order import Line, Order, Step
from orders.models.query import OrderQuery
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session
from shopkit.tracing.context import Origin

RESEND_AFTER = timedelta(seconds=30)
"""How long products-ms may take to answer before it is asked again; twice as long each time."""
RECENT_LIMIT = 100
LONGEST_RESEND_DELAY = timedelta(minutes=10)


class OrderRepository:
    """Reads and writes orders."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    async def by_id(self, order_id: str, *, session: Session = None) -> Order | None:
        """Return the order."""
        document = await self._orders.find_one({"_id": ObjectId(order_id)}, session=session)
        return _order(document) if document else None

    async def by_ids(self, ids: Iterable[str], *, session: Session = None) -> dict[str, Order]:
        """Return those of the orders that exist, by id."""
        found = self._orders.find(
            {"_id": {"$in": [ObjectId(order_id) for order_id in ids]}}, session=session
        )
        return {str(document["_id"]): _order(document) async for document in found}

    async def page(
        self, query: OrderQuery, *, limit: int, after: tuple[datetime, str] | None
    ) -> list[Order]:
        """Return orders, newest first.

        Args:
            query: Which.
            limit: The most to return.
            after: When the last one seen was placed, and its id.
        """
        parts = [_filter(query)]
        if after:
            at, order_id = after
            earlier = {"created_at": {"$lt": at}}
            parts.append({"$or": [earlier, {"created_at": at, "_id": {"$lt": ObjectId(order_id)}}]})
        found = self._orders.find({"$and": parts})
        ordered = found.sort([("created_at", -1), ("_id", -1)]).limit(limit)
        return [_order(document) async for document in ordered]

    async def pending_or_changed(self, email: str, since: datetime) -> list[Order]:
        """Return a shopper's orders that are pending or have changed lately, newest first."""
        lately = {"$or": [{"status": OrderStatus.PENDING}, {"changed_at": {"$gte": since}}]}
        found = self._orders.find({"client_email": email, **lately})
        ordered = found.sort([("created_at", -1), ("_id", -1)]).limit(RECENT_LIMIT)
        return [_order(document) async for document in ordered]

    async def all(self) -> AsyncIterator[tuple[str, Order]]:
        """Yield all orders by id."""
        async for document in self._orders.find({}).sort("_id", 1):
            order = _order(document)
            yield order.id, order

    async def insert(self, orders: Sequence[Order], *, session: Session) -> None:
        """Store new orders."""
        await self._orders.insert_many([_document(order) for order in orders], session=session)

    async def move(self, changes: Sequence[tuple[Order, Order]], *, session: Session) -> None:
        """Replace what orders were by what they are now.

        Raises:
            GuardMissedError: One was no longer what it was thought to be.
        """
        if not changes:
            return
        result = await self._orders.bulk_write(
            [_move(before, after) for before, after in changes], session=session
        )
        if result.matched_count != len(changes):
            raise GuardMissedError(f"{result.matched_count} of {len(changes)} orders")

    async def take_unanswered(self, now: datetime, limit: int) -> list[Order]:
        """Return orders that products-ms has owed an answer for too long, the longest first.

        Each is put off for twice as long as before by the update that picks it, so that no two
        processes pick it.
        """
        taken: list[Order] = []
        while len(taken) < limit:
            document = await self._orders.find_one_and_update(
                {"resend_at": {"$lt": now}}, [{"$set": _put_off(now)}], sort=[("resend_at", 1)]
            )
            if document is None:
                break
            taken.append(_order(document))
        return taken


def _filter(query: OrderQuery) -> Document:
    times = {"$gte": query.since, "$lt": query.until}
    bounds = {operator: moment for operator, moment in times.items() if moment}
    wanted = {
        "client_email": query.email,
        "status": query.status,
        "created_at": bounds or None,
    }
    return {field: value for field, value in wanted.items() if value is not None}


def _put_off(now: datetime) -> Document:
    doubled = {"$multiply": ["$resend_delay_seconds", 2]}
    delay = {"$min": [doubled, int(LONGEST_RESEND_DELAY.total_seconds())]}
    return {
        "resend_delay_seconds": delay,
        "resend_at": {"$add": [now, {"$multiply": [delay, 1000]}]},
    }


def _move(before: Order, after: Order) -> UpdateOne:
    changes: Document = {
        "status": after.status,
        "reason": after.reason,
        "products": [_line_document(line) for line in after.lines],
        "history": [{"status": step.status, "at": step.at} for step in after.history],
        "changed_at": after.changed_at,
        "cancel_confirmed": after.cancel_confirmed,
    }
    update: Document = {"$set": changes}
    if after.unanswered:
        changes |= _first_resend(after.changed_at)
    else:
        update["$unset"] = {"resend_at": "", "resend_delay_seconds": ""}
    guard = {
        "_id": ObjectId(before.id),
        "status": before.status,
        "cancel_confirmed": before.cancel_confirmed,
    }
    return UpdateOne(guard, update)


def _first_resend(since: datetime) -> Document:
    return {
        "resend_at": since + RESEND_AFTER,
        "resend_delay_seconds": int(RESEND_AFTER.total_seconds()),
    }


def _line_document(line: Line) -> Document:
    return {
        "product_id": ObjectId(line.product_id),
        "name": line.name,
        "price_cents": line.price_cents,
        "quantity": line.quantity,
        "reason": line.reason,
    }


def _document(order: Order) -> Document:
    return {
        "_id": ObjectId(order.id),
        "client_email": order.email,
        "status": order.status,
        "cost_cents": order.cost_cents,
        "products": [_line_document(line) for line in order.lines],
        "reason": order.reason,
        "history": [{"status": step.status, "at": step.at} for step in order.history],
        "created_at": order.created_at,
        "changed_at": order.changed_at,
        "cancel_confirmed": order.cancel_confirmed,
        "request_id": order.origin.request_id,
        "traceparent": order.origin.traceparent,
        **(_first_resend(order.changed_at) if order.unanswered else {}),
    }


def _order(document: Document) -> Order:
    return Order(
        id=str(document["_id"]),
        email=document["client_email"],
        lines=tuple(
            Line(
                product_id=str(line["product_id"]),
                name=line["name"],
                price_cents=line["price_cents"],
                quantity=line["quantity"],
                reason=line["reason"],
            )
            for line in document["products"]
        ),
        history=tuple(
            Step(OrderStatus(step["status"]), step["at"]) for step in document["history"]
        ),
        origin=Origin(document["request_id"], document["traceparent"]),
        reason=document["reason"],
        cancel_confirmed=document["cancel_confirmed"],
    )
