"""The collection `orders`: the record of which orders were decided, and how."""

from collections.abc import Iterable, Sequence

from bson import ObjectId
from pymongo import UpdateOne

from products.models.decision import Stub, StubLine
from shopkit.contract.events import LineReason, OrderStatus
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session
from shopkit.tracing.context import Origin


class StubRepository:
    """Reads and writes the record."""

    def __init__(self, database: Database) -> None:
        self._stubs = database["orders"]

    async def by_ids(self, ids: Iterable[str], *, session: Session) -> dict[str, Stub]:
        """Return the stubs of those of the orders that were decided."""
        found = self._stubs.find(
            {"_id": {"$in": [ObjectId(order_id) for order_id in ids]}}, session=session
        )
        return {str(document["_id"]): _stub(document) async for document in found}

    async def after(self, order_id: str | None, limit: int) -> list[Stub]:
        """Return the stubs with a greater id, by id; from the beginning where None is given."""
        query: Document = {"_id": {"$gt": ObjectId(order_id)}} if order_id else {}
        found = self._stubs.find(query).sort("_id", 1).limit(limit)
        return [_stub(document) async for document in found]

    async def insert(self, stubs: Sequence[Stub], *, session: Session) -> None:
        """Record what was decided about orders for the first time."""
        if stubs:
            await self._stubs.insert_many([_document(stub) for stub in stubs], session=session)

    async def settle(
        self, changes: Sequence[tuple[OrderStatus, Stub]], *, session: Session
    ) -> None:
        """Move stubs from the status that each is paired with to that of the new stub.

        Raises:
            GuardMissedError: One had another status by now.
        """
        if not changes:
            return
        result = await self._stubs.bulk_write(
            [
                UpdateOne(
                    {"_id": ObjectId(stub.order_id), "status": before},
                    {"$set": {"status": stub.status, "settled_at": stub.settled_at}},
                )
                for before, stub in changes
            ],
            session=session,
        )
        if result.matched_count != len(changes):
            raise GuardMissedError(f"{result.matched_count} of {len(changes)} stubs")


def _document(stub: Stub) -> Document:
    return {
        "_id": ObjectId(stub.order_id),
        "status": stub.status,
        "lines": [
            {"product_id": ObjectId(line.product_id), "quantity": line.quantity}
            for line in stub.lines
        ],
        "reason": stub.reason,
        "line_reasons": [
            {"product_id": ObjectId(line.product_id), "reason": line.reason}
            for line in stub.line_reasons
        ],
        "decided_at": stub.decided_at,
        "settled_at": stub.settled_at,
        "request_id": stub.origin.request_id,
        "traceparent": stub.origin.traceparent,
    }


def _stub(document: Document) -> Stub:
    status = OrderStatus(document["status"])
    assert status is not OrderStatus.PENDING  # noqa: S101 - the validator refuses it.
    return Stub(
        order_id=str(document["_id"]),
        status=status,
        lines=tuple(
            StubLine(str(line["product_id"]), line["quantity"]) for line in document["lines"]
        ),
        reason=document["reason"],
        line_reasons=tuple(
            LineReason(product_id=str(line["product_id"]), reason=line["reason"])
            for line in document["line_reasons"]
        ),
        decided_at=document["decided_at"],
        settled_at=document["settled_at"],
        origin=Origin(document["request_id"], document["traceparent"]),
    )
