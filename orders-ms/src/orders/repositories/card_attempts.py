"""The collection `card_attempts`: the attempts to pay orders by card."""

from collections.abc import Collection
from datetime import timedelta

from pymongo import DESCENDING, ReturnDocument

from orders.models.cards import CardAttempt
from shopkit.clock import Clock, utc_now
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session

COLLECTION = "card_attempts"
CLAIM = timedelta(seconds=20)
"""How long an attempt is left to the process that has taken it."""

_SCHEMA = {
    "bsonType": "object",
    "required": ["order_id", "number", "amount_cents", "currency", "live", "parameters"],
    "properties": {
        "order_id": {"bsonType": "string"},
        "amount_cents": {"bsonType": ["int", "long"], "minimum": 1},
        "open": {"enum": [True]},
        "check_at": {"bsonType": "date"},
    },
}


class CardAttemptRepository:
    """Reads and writes the attempts.

    Args:
        database: The database.
        clock: The database's clock.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._attempts = database[COLLECTION]
        self._clock = clock

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and its indexes."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        attempts = database[COLLECTION]
        await attempts.create_index([("order_id", 1), ("number", -1)], name="of_order", unique=True)
        # An order has one open attempt at most, whatever runs at the same time.
        await attempts.create_index(
            "order_id",
            name="open",
            unique=True,
            partialFilterExpression={"open": {"$exists": True}},
        )
        await attempts.create_index(
            "check_at", name="checks", partialFilterExpression={"check_at": {"$exists": True}}
        )

    async def insert(self, attempt: CardAttempt, *, session: Session) -> None:
        """Store a new attempt."""
        document = {"_id": attempt.key, **_fixed(attempt), **_changing(attempt)}
        await self._attempts.insert_one(document, session=session)

    async def update(self, attempt: CardAttempt, *, session: Session = None) -> None:
        """Store an attempt in place of the one with its key."""
        changes = _changing(attempt)
        removed = {field: "" for field in ("open", "check_at") if field not in changes}
        update: Document = {"$set": changes, **({"$unset": removed} if removed else {})}
        await self._attempts.update_one({"_id": attempt.key}, update, session=session)

    async def set_session(self, key: str, session_id: str) -> None:
        """Store the session that the provider has created for an attempt."""
        await self._attempts.update_one({"_id": key}, {"$set": {"session_id": session_id}})

    async def count_refund_try(self, key: str) -> None:
        """Count an answer that the provider repeats for its idempotency key."""
        await self._attempts.update_one({"_id": key}, {"$inc": {"refund_tries": 1}})

    async def find(self, key: str, *, session: Session = None) -> CardAttempt | None:
        """Return an attempt."""
        document = await self._attempts.find_one({"_id": key}, session=session)
        return _attempt(document) if document else None

    async def find_last(self, order_id: str, *, session: Session = None) -> CardAttempt | None:
        """Return the last attempt to pay an order."""
        document = await self._attempts.find_one(
            {"order_id": order_id}, sort=[("number", DESCENDING)], session=session
        )
        return _attempt(document) if document else None

    async def wake(self, order_ids: Collection[str], *, session: Session) -> None:
        """Let orders be compared with the provider now."""
        wake = {"$set": {"check_at": self._clock()}}
        await self._attempts.update_many(
            {"order_id": {"$in": list(order_ids)}}, wake, session=session
        )

    async def take_due(self) -> CardAttempt | None:
        """Return the attempt that has to be looked at, longest overdue first.

        Other processes leave it alone for 20 seconds. If this one fails, it is due again then.
        """
        now = self._clock()
        document = await self._attempts.find_one_and_update(
            {"check_at": {"$lte": now}},
            {"$set": {"check_at": now + CLAIM}},
            sort=[("check_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return _attempt(document) if document else None


def _fixed(attempt: CardAttempt) -> Document:
    return {
        "order_id": attempt.order_id,
        "number": attempt.number,
        "amount_cents": attempt.amount_cents,
        "currency": attempt.currency,
        "live": attempt.live,
        "parameters": dict(attempt.parameters),
        "created_at": attempt.created_at,
    }


def _changing(attempt: CardAttempt) -> Document:
    # The indexes contain only the attempts that are open, or have to be looked at.
    return {
        "session_id": attempt.session_id,
        "payment_intent": attempt.payment_intent,
        "refund_tries": attempt.refund_tries,
        **({"open": True} if attempt.open else {}),
        **({"check_at": attempt.check_at} if attempt.check_at else {}),
    }


def _attempt(document: Document) -> CardAttempt:
    return CardAttempt(
        key=document["_id"],
        order_id=document["order_id"],
        number=document["number"],
        amount_cents=document["amount_cents"],
        currency=document["currency"],
        live=document["live"],
        parameters=document["parameters"],
        created_at=document["created_at"],
        open="open" in document,
        session_id=document["session_id"],
        payment_intent=document["payment_intent"],
        check_at=document.get("check_at"),
        refund_tries=document["refund_tries"],
    )
