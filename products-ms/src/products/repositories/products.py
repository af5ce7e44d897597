"""The collection `products`."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bson import ObjectId
from pymongo import UpdateOne

from products.models.product import Category, Product
from products.models.search_terms import name_terms, search_terms
from shopkit.contract.events import ProductState
from shopkit.storage.keyset import id_range
from shopkit.storage.mongo import Database, Document, GuardMissedError, Session

WITHOUT_TERMS = {"name_terms": 0, "terms": 0}
"""Excludes the search terms, which no reader needs and which are larger than the rest."""

_STATE = {
    "name": 1,
    "price_cents": 1,
    "quantity": 1,
    "archived": 1,
    "details_version": 1,
    "stock_version": 1,
}
"""The fields of a product that events contain."""


class ProductRepository:
    """Reads and writes products."""

    def __init__(self, database: Database) -> None:
        self._products = database["products"]

    async def find_by_id(self, product_id: str, *, session: Session = None) -> Product | None:
        """Return the product, archived or not."""
        document = await self._products.find_one(
            {"_id": ObjectId(product_id)}, WITHOUT_TERMS, session=session
        )
        return product_of(document) if document else None

    async def find_by_name(self, name: str, *, session: Session = None) -> Product | None:
        """Return the product with this name, archived or not."""
        document = await self._products.find_one({"name": name}, WITHOUT_TERMS, session=session)
        return product_of(document) if document else None

    async def find_by_ids(
        self, ids: Iterable[str], *, session: Session = None
    ) -> dict[str, Product]:
        """Return the products that exist, by id."""
        documents = self._products.find(
            {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}},
            WITHOUT_TERMS,
            session=session,
        )
        return {str(document["_id"]): product_of(document) async for document in documents}

    async def find_states(self, ids: Iterable[str], *, session: Session) -> dict[str, ProductState]:
        """Return the products that exist, as events contain them, by id."""
        documents = self._products.find(
            {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}}, _STATE, session=session
        )
        return {str(document["_id"]): _state(document) async for document in documents}

    async def find_pictures(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Return the pictures of the products that exist, by product."""
        query = {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}}
        documents = self._products.find(query, {"picture": 1})
        return {str(document["_id"]): document["picture"] async for document in documents}

    async def find_range(
        self, after: str | None, until: str | None, limit: int
    ) -> list[ProductState]:
        """Return the first products of a range of ids, ordered by id.

        Args:
            after: The id after which the range begins, None for the beginning.
            until: The last id of the range, None for the end.
            limit: The maximum number of products.
        """
        documents = self._products.find(id_range(after, until), _STATE).sort("_id", 1)
        return [_state(document) async for document in documents.limit(limit)]

    async def raise_versions(self, increments: Mapping[str, int], *, session: Session) -> None:
        """Raise the stock versions of products by these increments."""
        await self._products.bulk_write(
            [
                UpdateOne({"_id": ObjectId(product_id)}, {"$inc": {"stock_version": increment}})
                for product_id, increment in increments.items()
            ],
            session=session,
        )

    async def insert(self, product: Product, *, session: Session) -> None:
        """Store a new product."""
        await self._products.insert_one(document_of(product), session=session)

    async def replace(self, before: Product, after: Product, *, session: Session) -> None:
        """Replace a product.

        Raises:
            GuardMissedError: The stored versions are no longer those before the change.
        """
        guard = {
            "_id": ObjectId(before.id),
            "details_version": before.details_version,
            "stock_version": before.stock_version,
        }
        result = await self._products.replace_one(guard, document_of(after), session=session)
        if not result.matched_count:
            raise GuardMissedError(f"product {before.id}")

    async def find_in_category(self, category_id: str, *, session: Session) -> list[Product]:
        """Return all products of a category, including archived ones."""
        query = {"categories._id": ObjectId(category_id)}
        documents = self._products.find(query, session=session)
        return [product_of(document) async for document in documents]

    async def is_category_used(self, category_id: str, *, session: Session) -> bool:
        """Return whether any product, possibly an archived one, has a category."""
        query = {"categories._id": ObjectId(category_id)}
        return await self._products.find_one(query, {"_id": 1}, session=session) is not None

    async def change_stock(
        self, deltas: Mapping[str, int], now: datetime, *, session: Session
    ) -> None:
        """Add to or remove from the stock of products, and raise their stock versions by one.

        Stock is only removed from products that have enough and are not archived. It is added to
        archived products as well.

        Raises:
            GuardMissedError: A product has too little stock or is archived.
        """
        if not deltas:
            return
        result = await self._products.bulk_write(
            [_stock_change(product_id, delta, now) for product_id, delta in deltas.items()],
            session=session,
        )
        if result.matched_count != len(deltas):
            raise GuardMissedError(f"{result.matched_count} of {len(deltas)} products")


def _stock_change(product_id: str, delta: int, now: datetime) -> UpdateOne:
    guard: Document = {"_id": ObjectId(product_id)}
    if delta < 0:
        guard |= {"quantity": {"$gte": -delta}, "archived": False}
    return UpdateOne(
        guard, {"$inc": {"quantity": delta, "stock_version": 1}, "$set": {"updated_at": now}}
    )


def _state(document: Document) -> ProductState:
    return ProductState.model_construct(
        id=str(document["_id"]),
        name=document["name"],
        price_cents=document["price_cents"],
        quantity=document["quantity"],
        archived=document["archived"],
        version=document["details_version"] + document["stock_version"],
    )


def document_of(product: Product) -> Document:
    """Return the document for a product."""
    return {
        "_id": ObjectId(product.id),
        "name": product.name,
        "description": product.description,
        "price_cents": product.price_cents,
        "quantity": product.quantity,
        "categories": [
            {"_id": ObjectId(category.id), "name": category.name} for category in product.categories
        ],
        "archived": product.archived,
        "picture": product.picture,
        "details_version": product.details_version,
        "stock_version": product.stock_version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        **terms_of(product),
    }


def terms_of(product: Product) -> Document:
    """Return the fields of a document by which a search finds the product."""
    names = [category.name for category in product.categories]
    return {
        "name_terms": name_terms(product.name),
        "terms": search_terms(product.name, product.description, names),
    }


def product_of(document: Document) -> Product:
    """Return the product of a document."""
    return Product(
        id=str(document["_id"]),
        name=document["name"],
        description=document["description"],
        price_cents=document["price_cents"],
        quantity=document["quantity"],
        categories=tuple(
            Category(str(category["_id"]), category["name"]) for category in document["categories"]
        ),
        archived=document["archived"],
        picture=document["picture"],
        details_version=document["details_version"],
        stock_version=document["stock_version"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )
