"""Pages of products, with filters, search and sorting."""

from bson import ObjectId
from pymongo.collation import Collation

from products.models.product import Product
from products.models.query import ProductQuery, Sort
from products.repositories.categories import CategoryRepository
from products.repositories.name_keys import by_names
from products.repositories.name_order import DEFAULT_LANGUAGE, order_of_names
from products.repositories.products import WITHOUT_TERMS, products_of
from shopkit.storage.keyset import (
    InvalidCursorError,
    Keyset,
    decode_cursor,
    encode_cursor,
    id_key,
    number_key,
    text_key,
    time_key,
)
from shopkit.storage.mongo import Database, Document

TOTAL_LIMIT = 1_000

_KEY_TYPES = {"name": text_key, "created_at": time_key}
_NAME_MATCHES, _OTHER_MATCHES = 0, 1
"""The sections of a search: products that match by name come before the others."""


class ProductListing:
    """Reads pages of the collection `products`.

    Args:
        database: The database.
        language: The language by whose rules names are sorted.
    """

    def __init__(self, database: Database, language: str = DEFAULT_LANGUAGE) -> None:
        self._products = database["products"]
        self._order_of_names = order_of_names(language)
        self._categories = CategoryRepository(database)

    async def count(self, query: ProductQuery) -> int:
        """Return the number of products that match, at most 1,001."""
        return await self._products.count_documents(_filter(query), limit=TOTAL_LIMIT + 1)

    async def page(
        self, query: ProductQuery, *, limit: int, cursor: str | None
    ) -> tuple[list[Product], str | None]:
        """Return a page of products and the cursor of the next page, None on the last page.

        Raises:
            InvalidCursorError: The cursor does not belong to this list and order.
        """
        keyset = _keyset(query.order)
        section, after = _decode(query, keyset, cursor) if cursor else (_NAME_MATCHES, None)
        rows = await self._section(query, keyset, section, after, limit + 1)
        if query.name_first and section == _NAME_MATCHES and len(rows) <= limit:
            name_matches = len(rows)
            rows += await self._section(
                query, keyset, _OTHER_MATCHES, None, limit + 1 - name_matches
            )
            if len(rows) > limit:
                section = _NAME_MATCHES if limit <= name_matches else _OTHER_MATCHES
        page = await products_of(rows[:limit], self._categories)
        if len(rows) <= limit:
            return page, None
        parts = keyset.parts(rows[limit - 1])
        return page, encode_cursor(query.order, str(section), *parts)

    async def _section(
        self,
        query: ProductQuery,
        keyset: Keyset,
        section: int,
        after: Document | None,
        limit: int,
    ) -> list[Document]:
        parts = [_filter(query), *([after] if after else [])]
        if query.name_first:
            in_name: Document = {"name_terms": {"$all": query.words}}
            parts.append(in_name if section == _NAME_MATCHES else {"$nor": [in_name]})
        rows = self._products.find({"$and": parts}, WITHOUT_TERMS, collation=self._collation(query))
        return await rows.sort(keyset.sort).limit(limit).to_list()

    def _collation(self, query: ProductQuery) -> Collation | None:
        # All comparisons of strings in a query follow the collation, and only indexes with the
        # same collation can serve them. An exact name must match exactly.
        by_name = query.order.field == "name" and query.name is None
        return self._order_of_names if by_name else None


def _filter(query: ProductQuery) -> Document:
    parts: list[Document] = [
        # Naming both values lets the server merge two ranges of an index that begins with the
        # field, so that it does not sort all products in memory.
        {} if query.ids is not None else {"archived": {"$in": list(query.archived)}},
        by_names([query.name]) if query.name is not None else {},
        {"categories._id": ObjectId(query.category.id)} if query.category else {},
        {"_id": {"$in": [ObjectId(id_) for id_ in query.ids]}} if query.ids is not None else {},
        {"terms": {"$all": query.words}} if query.words else {},
        _range("price_cents", query.min_price_cents, query.max_price_cents),
        _range("quantity", 1 if query.in_stock else None, query.max_stock),
    ]
    if query.text and not query.words:
        # Punctuation-only queries match nothing.
        parts.append({"_id": {"$in": []}})
    return {"$and": [part for part in parts if part] or [{}]}


def _range(field: str, minimum: int | None, maximum: int | None) -> Document:
    bounds = {"$gte": minimum, "$lte": maximum}
    present = {operator: bound for operator, bound in bounds.items() if bound is not None}
    return {field: present} if present else {}


def _keyset(sort: Sort) -> Keyset:
    key_type = _KEY_TYPES.get(sort.field, number_key)
    return Keyset(key_type(sort.field, sort.direction), id_key(sort.direction))


def _decode(query: ProductQuery, keyset: Keyset, cursor: str) -> tuple[int, Document]:
    order, section, *parts = decode_cursor(cursor, parts=4)
    if order != query.order or section not in {"0", "1"}:
        raise InvalidCursorError
    after = keyset.after_in_ranges if len(query.archived) > 1 else keyset.after
    return int(section), after(parts)
