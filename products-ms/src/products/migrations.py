"""The migrations of products-db."""

from typing import Any

from shopkit.messaging.dead_letters import DeadLetterRepository
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database

_DATE = {"bsonType": "date"}
_ID = {"bsonType": "objectId"}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"bsonType": "object", "required": list(properties), "properties": properties}


_PRODUCT = _object(
    {
        "name": {"bsonType": "string", "minLength": 1, "maxLength": 120},
        "description": {"bsonType": "string", "maxLength": 2_000},
        "price_cents": {**_COUNT, "maximum": 100_000_000},
        "quantity": _COUNT,
        "categories": {"bsonType": "array"},
        "archived": {"bsonType": "bool"},
        "details_version": _COUNT,
        "stock_version": _COUNT,
        "created_at": _DATE,
        "updated_at": _DATE,
    }
)
_DECISION = _object(
    {
        "status": {"enum": ["ACCEPTED", "REJECTED", "CANCELLED"]},
        "lines": {"bsonType": "array"},
        "decided_at": _DATE,
        "settled_at": _DATE,
    }
)
_CATEGORY = _object({"name": {"bsonType": "string", "minLength": 1, "maxLength": 120}})


async def _create_collections(database: Database) -> None:
    await ensure_collection(database, "products", _PRODUCT)
    await ensure_collection(database, "categories", _CATEGORY)
    await ensure_collection(database, "orders", _DECISION)
    await database["categories"].create_index("name", unique=True)
    await Outbox.migrate(database)
    await DeadLetterRepository.migrate(database)


async def _create_product_indexes(database: Database) -> None:
    products = database["products"]
    await products.create_index("name", unique=True)
    for field, direction in (("name", 1), ("price_cents", 1), ("quantity", 1), ("created_at", -1)):
        order = [(field, direction), ("_id", direction)]
        await products.create_index([("archived", 1), *order])
        await products.create_index([("categories._id", 1), ("archived", 1), *order])
    await products.create_index("terms")
    await products.create_index("name_terms")


async def _add_administration(database: Database) -> None:
    await IdempotencyKeys.migrate(database)
    await AuditTrail.migrate(database)
    await ensure_collection(database, "images.files", {"bsonType": "object"})
    await ensure_collection(database, "images.chunks", {"bsonType": "object"})
    await database["images.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
    await database["images.files"].create_index([("filename", 1), ("uploadDate", 1)])
    await database["products"].update_many(
        {"picture": {"$exists": False}}, {"$set": {"picture": None}}
    )


MIGRATIONS = (
    Migration("0001-collections", _create_collections),
    Migration("0002-product-indexes", _create_product_indexes),
    Migration("0003-administration", _add_administration),
    Migration("0004-identity", DatabaseIdentity.migrate),
    Migration("0005-consumers", PauseRepository.migrate),
)
