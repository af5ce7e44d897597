"""The projection: the collection `products`, which is a copy of the products of products-ms."""

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from bson import ObjectId
from pymongo import IndexModel, InsertOne, ReplaceOne, UpdateOne

from orders.models.comparison import IdRange
from shopkit.contract.events import ProductState
from shopkit.names import name_key
from shopkit.storage.keyset import id_range
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session

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
        by_id = {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}}
        by_key = {"name_key": {"$in": [name_key(name) for name in names]}}
        # A replica of the previous release stores no keys.
        by_name = {"name": {"$in": list(names)}}
        documents = self._products.find({"$or": [by_id, by_key, by_name]})
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

    async def versions(self, ids: Iterable[str], *, session: Session) -> dict[str, int]:
        """Return the versions of the products that exist, by id."""
        documents = self._products.find(
            {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}},
            {"version": 1},
            session=session,
        )
        return {str(document["_id"]): document["version"] async for document in documents}

    async def put(
        self, states: Sequence[ProductState], known: dict[str, int], *, session: Session
    ) -> None:
        """Insert new products, and replace older versions of the others.

        Args:
            states: The products.
            known: The stored versions that they replace, by id.
            session: The transaction.

        Raises:
            GuardMissedError: A stored version is no longer the known one.
        """
        if not states:
            return
        result = await self._products.bulk_write(
            [_put(state, known.get(state.id)) for state in states], session=session
        )
        if result.inserted_count + result.matched_count != len(states):
            raise GuardMissedError(f"{result.matched_count} products replaced")


def _put(state: ProductState, known: int | None) -> InsertOne[Document] | ReplaceOne[Document]:
    document: Document = {
        "_id": ObjectId(state.id),
        **state.model_dump(exclude={"id"}),
        "name_key": name_key(state.name),
    }
    if known is None:
        return InsertOne(document)
    return ReplaceOne({"_id": document["_id"], "version": known}, document)


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
