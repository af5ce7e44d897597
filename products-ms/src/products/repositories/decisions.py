"""The collection `orders` of products-db: the decisions about orders."""

from collections.abc import Iterable, Sequence

from bson import ObjectId
from pymongo import UpdateOne

from products.models.decision import Decision, DecisionLine
from shopkit.contract.events import LineReason, OrderStatus
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session
from shopkit.tracing.context import TraceContext


class DecisionRepository:
    """Reads and writes decisions."""

    def __init__(self, database: Database) -> None:
        self._decisions = database["orders"]

    async def find_by_ids(self, ids: Iterable[str], *, session: Session) -> dict[str, Decision]:
        """Return the decisions about those orders that are decided, by order id."""
        documents = self._decisions.find(
            {"_id": {"$in": [ObjectId(order_id) for order_id in ids]}}, session=session
        )
        return {str(document["_id"]): _decision(document) async for document in documents}

    async def find_after(self, order_id: str | None, limit: int) -> list[Decision]:
        """Return the decisions after an order id, ordered by id. None means from the beginning."""
        query: Document = {"_id": {"$gt": ObjectId(order_id)}} if order_id else {}
        documents = self._decisions.find(query).sort("_id", 1).limit(limit)
        return [_decision(document) async for document in documents]

    async def insert(self, decisions: Sequence[Decision], *, session: Session) -> None:
        """Store new decisions."""
        if decisions:
            await self._decisions.insert_many(
                [_document(decision) for decision in decisions], session=session
            )

    async def update(
        self, changes: Sequence[tuple[Decision, Decision]], *, session: Session
    ) -> None:
        """Update the status of decisions.

        Args:
            changes: Pairs of a decision before and after the change.
            session: The transaction.

        Raises:
            GuardMissedError: The status of a decision is no longer the one before the change.
        """
        if not changes:
            return
        result = await self._decisions.bulk_write(
            [
                UpdateOne(
                    {"_id": ObjectId(before.order_id), "status": before.status},
                    {"$set": {"status": after.status, "settled_at": after.settled_at}},
                )
                for before, after in changes
            ],
            session=session,
        )
        if result.matched_count != len(changes):
            raise GuardMissedError(f"{result.matched_count} of {len(changes)} decisions")


def _document(decision: Decision) -> Document:
    return {
        "_id": ObjectId(decision.order_id),
        "status": decision.status,
        "lines": [
            {"product_id": ObjectId(line.product_id), "quantity": line.quantity}
            for line in decision.lines
        ],
        "reason": decision.reason,
        "line_reasons": [
            {"product_id": ObjectId(line.product_id), "reason": line.reason}
            for line in decision.line_reasons
        ],
        "decided_at": decision.decided_at,
        "settled_at": decision.settled_at,
        "request_id": decision.trace_context.request_id,
        "traceparent": decision.trace_context.traceparent,
    }


def _decision(document: Document) -> Decision:
    status = OrderStatus(document["status"])
    assert status is not OrderStatus.PENDING  # noqa: S101 - the validator refuses it.
    return Decision(
        order_id=str(document["_id"]),
        status=status,
        lines=tuple(
            DecisionLine(str(line["product_id"]), line["quantity"]) for line in document["lines"]
        ),
        reason=document["reason"],
        line_reasons=tuple(
            LineReason(product_id=str(line["product_id"]), reason=line["reason"])
            for line in document["line_reasons"]
        ),
        decided_at=document["decided_at"],
        settled_at=document["settled_at"],
        trace_context=TraceContext(document["request_id"], document["traceparent"]),
    )
