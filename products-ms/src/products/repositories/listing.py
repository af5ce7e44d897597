"""Pages of products: filters, search, order, and cursors that neither skip nor repeat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from products.models.product import Product
from products.models.query import ProductQuery, Sort
from products.repositories.products import product_of
from shopkit.storage import cursors
from shopkit.storage.mongo import Database, Document

TOTAL_CAP = 1_000


class ProductListing:
    """Reads pages of the collection `products`."""

    def __init__(self, database: Database) -> None:
        self._products = database["products"]

    async def count(self, query: ProductQuery) -> int:
        """Return how many products match, counted to one more than 1,000."""
        return await self._products.count_documents(_filter(query), limit=TOTAL_CAP + 1)

    async def page(
        self, query: ProductQuery, *, limit: int, cursor: str | None
    ) -> tuple[list[Product], str | None]:
        """Return so many products and the cursor of the next page, None on the last.

        Raises:
            InvalidCursorError: The cursor was not made by this list in this order.
        """
        bucket, after = _decode(query, cursor) if cursor else (0, None)
        found = await self._bucket(query, bucket, after, limit + 1)
        if query.name_first and bucket == 0 and len(found) <= limit:
            in_name = len(found)
            found += await self._bucket(query, 1, None, limit + 1 - in_name)
            if len(found) > limit:
                bucket = 0 if limit <= in_name else 1
        page = [product_of(document) for document in found[:limit]]
        if len(found) <= limit:
            return page, None
        return page, _encode(query, bucket, found[limit - 1])

    async def _bucket(
        self, query: ProductQuery, bucket: int, after: Document | None, limit: int
    ) -> list[Document]:
        """Return one bucket's next documents: 0 has the hits in the name, 1 the other hits."""
        parts = [_filter(query), *([after] if after else [])]
        if query.name_first:
            in_name: Document = {"name_terms": {"$all": query.words}}
            parts.append(in_name if bucket == 0 else {"$nor": [in_name]})
        sort = query.order
        found = self._products.find({"$and": parts}, {"terms": 0, "name_terms": 0})
        ordered = found.sort([(sort.field, sort.direction), ("_id", sort.direction)])
        return await ordered.limit(limit).to_list()


def _filter(query: ProductQuery) -> Document:
    parts: list[Document] = [
        {} if query.archived_too or query.ids is not None else {"archived": False},
        {"name": query.name} if query.name is not None else {},
        {"categories._id": ObjectId(query.category.id)} if query.category else {},
        {"_id": {"$in": [ObjectId(id_) for id_ in query.ids]}} if query.ids is not None else {},
        {"terms": {"$all": query.words}} if query.words else {},
        _range("price_cents", query.min_price_cents, query.max_price_cents),
        _range("quantity", 1 if query.in_stock else None, query.max_stock),
    ]
    if query.text and not query.words:
        # Nothing but signs was asked for: nothing is found.
        parts.append({"_id": {"$in": []}})
    return {"$and": [part for part in parts if part] or [{}]}


def _range(field: str, least: int | None, most: int | None) -> Document:
    bounds = {"$gte": least, "$lte": most}
    present = {operator: bound for operator, bound in bounds.items() if bound is not None}
    return {field: present} if present else {}


def _encode(query: ProductQuery, bucket: int, last: Document) -> str:
    value = last[query.order.field]
    key = value.isoformat() if isinstance(value, datetime) else str(value)
    return cursors.encode(query.order, str(bucket), key, str(last["_id"]))


def _decode(query: ProductQuery, cursor: str) -> tuple[int, Document]:
    order, bucket, key, last_id = cursors.decode(cursor, parts=4)
    if order != query.order or bucket not in {"0", "1"}:
        raise cursors.InvalidCursorError
    oid = ObjectId(cursors.object_id(last_id))
    return int(bucket), _after(query.order, _parse(query.order, key), oid)


def _parse(sort: Sort, key: str) -> Any:
    if sort is Sort.NEWEST:
        return cursors.moment(key)
    return key if sort.field == "name" else cursors.whole_number(key)


def _after(sort: Sort, value: Any, last_id: ObjectId) -> Document:
    operator = "$gt" if sort.direction == 1 else "$lt"
    alternatives: Sequence[Document] = (
        {sort.field: {operator: value}},
        {sort.field: value, "_id": {operator: last_id}},
    )
    return {"$or": list(alternatives)}
