"""The migrations of products-db."""

from functools import partial
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne

from products.repositories import name_keys
from products.repositories.name_order import order_of_names
from products.repositories.products import product_of, repeated_categories, terms_of
from shopkit.messaging.dead_letters import DeadLetterRepository
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database, Document

_CHUNK = 200
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
    for field, direction in (("price_cents", 1), ("quantity", 1), ("created_at", -1)):
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


async def _add_name_keys(database: Database) -> None:
    await JobLeases.migrate(database)
    products, categories = database["products"], database["categories"]
    for collection in (products, categories):
        await collection.create_indexes(name_keys.INDEXES)
        while await name_keys.add_missing_keys(collection, _CHUNK):
            pass
    # The condition keeps the pages of a category, which are sorted otherwise, from using the index.
    in_category = {"categories.0": {"$exists": True}}
    order = [("categories._id", 1), ("_id", 1)]
    await products.create_index(order, partialFilterExpression=in_category)
    await categories.create_index("outdated", sparse=True)


TERMS_CHUNK = 200


async def _renew_search_terms(database: Database) -> None:
    """Compute the search terms of all products again.

    A product whose terms are current is not written, so a second run continues where the first one
    stopped. A product that is edited meanwhile gets its terms from the edit.
    """
    products = database["products"]
    last = ObjectId("0" * 24)
    while (
        rows := await products.find({"_id": {"$gt": last}})
        .sort("_id", 1)
        .limit(TERMS_CHUNK)
        .to_list()
    ):
        updates = [update for row in rows if (update := _terms_update(row))]
        if updates:
            await products.bulk_write(updates, ordered=False)
        last = rows[-1]["_id"]


def _terms_update(row: Document) -> UpdateOne | None:
    terms = terms_of(product_of(row, repeated_categories(row)))
    if all(row.get(field) == value for field, value in terms.items()):
        return None
    guard = {"_id": row["_id"], "details_version": row["details_version"]}
    return UpdateOne(guard, {"$set": terms})


async def _index_names(language: str, database: Database) -> None:
    """Create the indexes that sort names by the rules of a language.

    Those of other languages stay for replicas that still use them.
    """
    products = database["products"]
    collation = order_of_names(language)
    order = [("archived", 1), ("name", 1), ("_id", 1)]
    # A search reads the products of a word in the order of their names, so that it ends with the
    # page, however many products contain the word.
    for selected in ([], ["categories._id"], ["terms"], ["name_terms"]):
        key = [*((field, 1) for field in selected), *order]
        name = "_".join(field for field, _ in key)
        await products.create_index(key, name=f"{name}_{language}", collation=collation)
    existing = await products.index_information()
    for name in (f"terms_{language}", f"name_terms_{language}"):
        if name in existing:
            await products.drop_index(name)
    await database["categories"].create_index(
        [("name", 1)], name=f"name_{language}", collation=collation
    )


async def _drop_names_without_language(database: Database) -> None:
    """Drop the indexes that sort names by their bytes, which slow each change of stock down.

    Only the previous release uses them. Its replicas sort names in memory until they are replaced.
    """
    products = database["products"]
    existing = await products.index_information()
    for name in ("archived_1_name_1__id_1", "categories._id_1_archived_1_name_1__id_1"):
        if name in existing:
            await products.drop_index(name)


MIGRATIONS = (
    Migration("0001-collections", _create_collections),
    Migration("0002-product-indexes", _create_product_indexes),
    Migration("0003-administration", _add_administration),
    Migration("0004-identity", DatabaseIdentity.migrate),
    Migration("0005-consumers", PauseRepository.migrate),
    Migration("0006-name-keys", _add_name_keys),
    Migration("0007-search-terms", _renew_search_terms),
    Migration("0008-account-ids", AuditTrail.migrate),
    Migration("0009-audit-actors", AuditTrail.migrate_actors),
    Migration("0010-outbox", Outbox.migrate_expiry),
    Migration("0011-name-indexes", _drop_names_without_language),
)


def migrations_for(language: str) -> tuple[Migration, ...]:
    """Return all migrations, with the indexes of a language. Another language adds a migration."""
    indexes = Migration(f"0012-names-{language}", partial(_index_names, language))
    return (*MIGRATIONS, indexes)
