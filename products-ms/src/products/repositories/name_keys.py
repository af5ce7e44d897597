"""The keys of names in the collections `products` and `categories`.

`name_key` is the key of the name. `unique_name_key` has the same value and is unique. Only a
document whose name was the same as an earlier one before keys existed lacks `unique_name_key`.
"""

from collections.abc import Sequence

import structlog
from pymongo import IndexModel, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from shopkit.names import name_key
from shopkit.storage.mongo import Document, is_stale

INDEXES = [
    IndexModel([("name_key", 1), ("_id", 1)]),
    IndexModel("unique_name_key", unique=True, sparse=True),
]

log = structlog.get_logger(__name__)


def keys_of(name: str) -> Document:
    """Return the stored keys of a name that no other document has."""
    key = name_key(name)
    return {"name_key": key, "unique_name_key": key}


def by_names(names: Sequence[str]) -> Document:
    """Return the filter for names.

    The previous release stores names without keys, so the exact names are searched for as well.
    """
    keys = [name_key(name) for name in names]
    return {"$or": [{"name_key": {"$in": keys}}, {"name": {"$in": list(names)}}]}


async def add_missing_keys(collection: AsyncCollection[Document], limit: int) -> int:
    """Add the keys of up to `limit` names that lack one, oldest first, and return their number.

    If two names are the same, the older one keeps it. The other one is reported, and can be used
    until an admin renames it.
    """
    rows = collection.find({"name_key": None}, {"name": 1}).sort([("name_key", 1), ("_id", 1)])
    found = await rows.limit(limit).to_list()
    try:
        if found:
            await collection.bulk_write([_add_keys(row) for row in found], ordered=False)
    except BulkWriteError as error:
        if not is_stale(error):
            raise
        for failure in error.details["writeErrors"]:
            await _add_shared_key(collection, found[failure["index"]])
    return len(found)


def _add_keys(row: Document) -> UpdateOne:
    return UpdateOne({"_id": row["_id"], "name": row["name"]}, {"$set": keys_of(row["name"])})


async def _add_shared_key(collection: AsyncCollection[Document], row: Document) -> None:
    key = name_key(row["name"])
    await collection.update_one(row, {"$set": {"name_key": key}})
    other = await collection.find_one({"unique_name_key": key}, {"name": 1}) or {}
    log.warning(
        "two names are the same; rename one of them",
        collection=collection.name,
        id=str(row["_id"]),
        name=row["name"],
        other_id=str(other.get("_id")),
        other_name=other.get("name"),
    )
