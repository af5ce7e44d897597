"""The collection `products`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from bson import ObjectId
from pymongo import UpdateOne

from products.models.product import Category, Product
from products.models.search_terms import name_terms, search_terms
from products.repositories import name_keys
from products.repositories.categories import CategoryRepository
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
        self._categories = CategoryRepository(database)

    async def find_by_id(self, product_id: str, *, session: Session = None) -> Product | None:
        """Return the product, archived or not."""
        document = await self._products.find_one(
            {"_id": ObjectId(product_id)}, WITHOUT_TERMS, session=session
        )
        if document is None:
            return None
        [product] = await products_of([document], self._categories, session=session)
        return product

    async def is_name_taken(
        self, name: str, *, except_id: str | None = None, session: Session
    ) -> bool:
        """Return whether another product, archived or not, has the name."""
        query = name_keys.by_names([name])
        if except_id:
            query["_id"] = {"$ne": ObjectId(except_id)}
        return await self._products.find_one(query, {"_id": 1}, session=session) is not None

    async def find_by_ids(
        self, ids: Iterable[str], *, session: Session = None
    ) -> dict[str, Product]:
        """Return the products that exist, by id."""
        documents = self._products.find(
            {"_id": {"$in": [ObjectId(product_id) for product_id in ids]}},
            WITHOUT_TERMS,
            session=session,
        )
        products = await products_of(await documents.to_list(), self._categories, session=session)
        return {product.id: product for product in products}

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

    async def find_outdated(
        self, category: Category, after: str | None, limit: int
    ) -> list[Product]:
        """Return the first products that repeat an earlier name of a category, ordered by id.

        Args:
            category: The category as it is now.
            after: The id after which to begin, None for the beginning.
            limit: The maximum number of products.
        """
        other_version = {"_id": ObjectId(category.id), "version": {"$ne": category.version}}
        query = {
            "categories": {"$elemMatch": other_version},
            # The condition of the index that has this order.
            "categories.0": {"$exists": True},
            **id_range(after, None),
        }
        documents = self._products.find(query, WITHOUT_TERMS).sort("_id", 1).limit(limit)
        return await products_of(await documents.to_list(), self._categories)

    async def refresh(self, products: Sequence[Product]) -> None:
        """Store the names of the categories in their products, and in the search terms.

        A product stays as it is if its details have changed, or if it repeats a later name. No
        version changes, so that sales and edits are not disturbed.
        """
        updates = [_refresh(product) for product in products]
        await self._products.bulk_write(updates, ordered=False)

    async def add_missing_keys(self, limit: int) -> int:
        """Add the keys of up to `limit` names that lack one, and return their number."""
        return await name_keys.add_missing_keys(self._products, limit)

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


def _refresh(product: Product) -> UpdateOne:
    document = document_of(product)
    later = [
        {"_id": ObjectId(category.id), "version": {"$gt": category.version}}
        for category in product.categories
    ]
    guard: Document = {"_id": document["_id"], "details_version": product.details_version}
    if later:
        guard["$nor"] = [{"categories": {"$elemMatch": repeated}} for repeated in later]
    repeated_values = {field: document[field] for field in ("categories", "terms")}
    return UpdateOne(guard, {"$set": repeated_values})


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
    keys = name_keys.keys_of(product.name)
    if product.name_clashes:
        del keys["unique_name_key"]
    return {
        "_id": ObjectId(product.id),
        "name": product.name,
        "description": product.description,
        "price_cents": product.price_cents,
        "quantity": product.quantity,
        # The previous release reads these names. This one reads the collection of categories.
        "categories": [
            {"_id": ObjectId(category.id), "name": category.name, "version": category.version}
            for category in product.categories
        ],
        "archived": product.archived,
        "picture": product.picture,
        "details_version": product.details_version,
        "stock_version": product.stock_version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        **terms_of(product),
        **keys,
    }


def terms_of(product: Product) -> Document:
    """Return the fields of a document by which a search finds the product."""
    names = [category.name for category in product.categories]
    return {
        "name_terms": name_terms(product.name),
        "terms": search_terms(product.name, product.description, names),
    }


async def products_of(
    documents: Sequence[Document], categories: CategoryRepository, *, session: Session = None
) -> list[Product]:
    """Return the products of documents, with the current names of their categories."""
    ids = [[category["_id"] for category in document["categories"]] for document in documents]
    known = await categories.find_by_ids(chain.from_iterable(ids), session=session)
    # A category that is gone was removed from the product after the document was read.
    return [
        product_of(document, [known[id_] for id_ in own_ids if id_ in known])
        for document, own_ids in zip(documents, ids, strict=True)
    ]


def repeated_categories(document: Document) -> list[Category]:
    """Return the categories of a document under the names that they had when it was stored."""
    return [
        Category(str(category["_id"]), category["name"], category.get("version", 0))
        for category in document["categories"]
    ]


def product_of(document: Document, categories: Iterable[Category]) -> Product:
    """Return the product of a document, with its categories."""
    return Product(
        id=str(document["_id"]),
        name=document["name"],
        description=document["description"],
        price_cents=document["price_cents"],
        quantity=document["quantity"],
        categories=tuple(categories),
        archived=document["archived"],
        picture=document["picture"],
        details_version=document["details_version"],
        stock_version=document["stock_version"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        name_clashes="name_key" in document and "unique_name_key" not in document,
    )
