"""The projection: the collection `products`, which is a copy of the products of products-ms."""

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from bson import ObjectId
from pymongo import IndexModel, UpdateOne
from pymongo.errors import BulkWriteError

from orders.models.comparison import IdRange
from shopkit.contract.events import ProductState
from shopkit.names import name_key
from shopkit.storage.keyset import id_range
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, is_stale

COLLECTION = "products"
REBUILT_COLLECTION = "products_rebuilt"

_COUNT = {"bsonType": ["int", "long"], "minimum": 0}
SCHEMA = {
    "bsonType": "object",
    "required": ["name", "price_cents", "quantity", "archived", "version"],
    "properties": {
        "name": {"bsonType": "string"},
        "price_cents": _COUNT,
        "quantity": _COUNT,
        "archived": {"bsonType": "bool"},
        "version": _COUNT,
    },
}
INDEXES = [
    # Names are not unique. If a product is renamed and a new one gets its old name, the events may
    # arrive in either order.
    IndexModel("name"),
    IndexModel([("name_key", 1), ("_id", 1)]),
    IndexModel([("archived", 1), ("quantity", 1), ("_id", 1)]),
]


class ProjectionRepository:
    """Reads and writes the projection.

    Args:
        database: The database.
        collection: The collection of the live projection, or of one that is being rebuilt.
    """

    def __init__(self, database: Database, collection: str = COLLECTION) -> None:
        self._database = database
        self._name = collection
        self._products = database[collection]

    async def migrate(self) -> None:
        """Create the collection with its schema and its indexes, or add what it lacks."""
        await ensure_collection(self._database, self._name, SCHEMA)
        await self._products.create_indexes(INDEXES)

    async def recreate(self) -> None:
        """Drop the collection and create it again, empty, with its schema and its indexes."""
        await self._products.drop()
        await self.migrate()

    async def replace(self, other: Self) -> None:
        """Replace another projection, atomically for all readers."""
        await self._products.rename(other._name, dropTarget=True)

    async def remove(self, ids: Sequence[str]) -> None:
        """Remove products."""
        await self._products.delete_many({"_id": {"$in": [ObjectId(id_) for id_ in ids]}})

    async def count(self) -> int:
        """Return the number of products."""
        return await self._products.count_documents({})

    async def find(self, ids: Iterable[str], names: Collection[str]) -> list[ProductState]:
        """Return the products with these ids and those with these names, however spelled."""
        by_id: Document = {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}}
        documents = self._products.find({"$or": [by_id, *_named(names)]} if names else by_id)
        return [state_of(document) async for document in documents]

    async def add_missing_keys(self, limit: int) -> int:
        """Add the keys of up to `limit` names that lack one, and return their number."""
        rows = self._products.find({"name_key": None}, {"name": 1}).limit(limit)
        updates = [
            UpdateOne(row, {"$set": {"name_key": name_key(row["name"])}}) async for row in rows
        ]
        if updates:
            # A rebuild by the previous release has dropped the index.
            await self._products.create_indexes(INDEXES)
            await self._products.bulk_write(updates, ordered=False)
        return len(updates)

    async def find_range(self, ids: IdRange, limit: int) -> list[ProductState]:
        """Return the first products of a range of ids, ordered by id."""
        documents = self._products.find(id_range(*ids)).sort("_id", 1).limit(limit)
        return [state_of(document) async for document in documents]

    async def put(self, states: Sequence[ProductState]) -> None:
        """Store products of different ids, except those whose stored version is not older.

        There is no transaction, because each product is guarded by its own version.
        """
        if not states:
            return
        result = await self._products.bulk_write(
            [_replace_older(state) for state in states], ordered=False
        )
        if result.matched_count < len(states):
            await self._insert_missing(states)

    async def _insert_missing(self, states: Sequence[ProductState]) -> None:
        ids = [ObjectId(state.id) for state in states]
        rows = self._products.find({"_id": {"$in": ids}}, {"_id": 1})
        stored = {str(row["_id"]) async for row in rows}
        missing = [state for state in states if state.id not in stored]
        if not missing:
            return
        try:
            await self._products.insert_many([_document(state) for state in missing], ordered=False)
        except BulkWriteError as error:
            if not is_stale(error):
                raise
            # Another replica has stored some of them meanwhile, perhaps in older versions.
            await self.put(missing)


def _named(names: Collection[str]) -> list[Document]:
    # A replica of the previous release stores no keys.
    return [
        {"name_key": {"$in": [name_key(name) for name in names]}},
        {"name": {"$in": list(names)}},
    ]


def _replace_older(state: ProductState) -> UpdateOne:
    document = _document(state)
    older = {"_id": document.pop("_id"), "version": {"$lt": state.version}}
    return UpdateOne(older, {"$set": document})


def _document(state: ProductState) -> Document:
    return {
        "_id": ObjectId(state.id),
        **state.model_dump(exclude={"id"}),
        "name_key": name_key(state.name),
    }


def state_of(document: Document) -> ProductState:
    """Return the product of a document."""
    return ProductState.model_construct(
        id=str(document["_id"]),
        name=document["name"],
        price_cents=document["price_cents"],
        quantity=document["quantity"],
        archived=document["archived"],
        version=document["version"],
    )
