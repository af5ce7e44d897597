"""The collection `products`: what orders-ms knows of them, told by products-ms."""

from collections.abc import Iterable, Sequence

from bson import ObjectId
from pymongo import InsertOne, ReplaceOne

from shopkit.events import ProductState
from shopkit.mongo import Database, Document, GuardMissedError, Session

COLLECTION = "products"


class ProjectionRepository:
    """Reads and writes the projection.

    Args:
        database: Where.
        collection: The live projection, or one that is being made beside it.
    """

    def __init__(self, database: Database, collection: str = COLLECTION) -> None:
        self._products = database[collection]

    async def find(self, ids: Iterable[str], names: Iterable[str]) -> list[ProductState]:
        """Return the products of these ids, and those of these names."""
        by_id = {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}}
        found = self._products.find({"$or": [by_id, {"name": {"$in": list(names)}}]})
        return [state_of(document) async for document in found]

    async def versions(self, ids: Iterable[str], *, session: Session) -> dict[str, int]:
        """Return the versions of those of the products that are known."""
        found = self._products.find(
            {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}},
            {"version": 1},
            session=session,
        )
        return {str(document["_id"]): document["version"] async for document in found}

    async def put(
        self, states: Sequence[ProductState], known: dict[str, int], *, session: Session
    ) -> None:
        """Insert products, or replace those of which an older version is known.

        Args:
            states: The products.
            known: The versions that they replace.
            session: The transaction.

        Raises:
            GuardMissedError: Another version is stored by now.
        """
        if not states:
            return
        result = await self._products.bulk_write(
            [_put(state, known.get(state.id)) for state in states], session=session
        )
        if result.inserted_count + result.matched_count != len(states):
            raise GuardMissedError(f"{result.matched_count} products replaced")


def _put(state: ProductState, known: int | None) -> InsertOne[Document] | ReplaceOne[Document]:
    document: Document = {"_id": ObjectId(state.id), **state.model_dump(exclude={"id"})}
    if known is None:
        return InsertOne(document)
    return ReplaceOne({"_id": document["_id"], "version": known}, document)


def state_of(document: Document) -> ProductState:
    """Return the product that a document holds."""
    return ProductState.model_construct(
        id=str(document["_id"]),
        name=document["name"],
        price_cents=document["price_cents"],
        quantity=document["quantity"],
        archived=document["archived"],
        version=document["version"],
    )
