"""The collection `orders` of products-db: the decisions about orders."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bson import ObjectId
from pymongo import UpdateOne

from products.models.decision import Decision, DecisionLine
from shopkit.contract.events import LineReason, OrderStatus
from shopkit.storage.keyset import id_range
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session
from shopkit.tracing.context import TraceContext


class Settlement(NamedTuple):
    """The status of a decision, and when it last changed."""

    order_id: str
    status: OrderStatus
    settled_at: datetime


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

    async def find_range(
        self, after: str | None, until: str | None, limit: int
    ) -> list[Settlement]:
        """Return the first decisions of a range of order ids, ordered by id.

        Args:
            after: The id after which the range begins, None for the beginning.
            until: The last id of the range, None for the end.
            limit: The maximum number of decisions.
        """
        documents = self._decisions.find(id_range(after, until), {"status": 1, "settled_at": 1})
        return [
            Settlement(
                str(document["_id"]), OrderStatus(document["status"]), document["settled_at"]
            )
            async for document in documents.sort("_id", 1).limit(limit)
        ]

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
