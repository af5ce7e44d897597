"""The collections of orders-db: what they must hold, and how they are found."""

from typing import Any

from orders.repositories.projection import ProjectionRepository
from orders.settings import SERVICE
from shopkit import commands
from shopkit.messaging.dead_letters import DeadLetters
from shopkit.messaging.outbox import Outbox
from shopkit.settings import MongoSettings
from shopkit.storage import audit
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database

_DATE = {"bsonType": "date"}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}


def _object(required: dict[str, Any]) -> dict[str, Any]:
    return {"bsonType": "object", "required": list(required), "properties": required}


_ORDER = _object(
    {
        "client_email": {"bsonType": "string"},
        "status": {"enum": ["PENDING", "ACCEPTED", "REJECTED", "CANCELLED"]},
        "cost_cents": _COUNT,
        "products": {"bsonType": "array", "minItems": 1, "maxItems": 50},
        "history": {"bsonType": "array", "minItems": 1},
        "created_at": _DATE,
        "changed_at": _DATE,
        "cancel_confirmed": {"bsonType": "bool"},
    }
)


async def _create(database: Database) -> None:
    await ensure_collection(database, "orders", _ORDER)
    await ProjectionRepository(database).recreate()
    await IdempotencyKeys.migrate(database)
    await ensure_collection(database, "ticks", _object({"next_at": _DATE}))
    await Outbox.migrate(database)
    await DeadLetters.migrate(database)


async def _index(database: Database) -> None:
    orders = database["orders"]
    await orders.create_index([("client_email", 1), ("created_at", -1), ("_id", -1)])
    await orders.create_index("resend_at", partialFilterExpression={"resend_at": {"$exists": True}})


async def _administration(database: Database) -> None:
    await audit.migrate(database)
    orders = database["orders"]
    await orders.create_index([("created_at", -1), ("_id", -1)])
    await orders.create_index([("status", 1), ("created_at", -1), ("_id", -1)])
    await database["products"].create_index([("archived", 1), ("quantity", 1), ("_id", 1)])


MIGRATIONS = (
    Migration("0001-collections", _create),
    Migration("0002-indexes", _index),
    Migration("0003-administration", _administration),
)


async def migrate(settings: MongoSettings) -> None:
    """Apply what is missing, and say which."""
    await commands.migrate(SERVICE, settings, MIGRATIONS)
