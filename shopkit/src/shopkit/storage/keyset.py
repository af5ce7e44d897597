"""Keyset pagination: pages of a list that neither skip nor repeat rows while the list changes.

The cursor of a page holds the sort keys of its last row. The next page starts after them, which an
index finds at once, however long the list is. See Winand, "We need tool support for keyset
pagination", use-the-index-luke.com/no-offset.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pydantic import TypeAdapter
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from shopkit.storage.mongo import Document
from shopkit.text import Text

CURSOR_LIMIT = 4_000
"""The maximum length of a cursor. One with a text of 320 characters has less than 2,700."""

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_PARTS = TypeAdapter(list[Text])


class InvalidCursorError(Exception):
    """The cursor does not belong to this list."""

    def __str__(self) -> str:
        """Return what to do."""
        return "The cursor does not belong to this list. Start again without a cursor."

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid parameter."""
        return [("cursor", str(self))]


class Key(NamedTuple):
    """A field that a list is sorted by.

    Attributes:
        field: The stored field.
        direction: `pymongo.ASCENDING` or `pymongo.DESCENDING`.
        decode: Returns the stored value for its text in a cursor, and raises `InvalidCursorError`
            if the text is invalid.
        encode: Returns the text in a cursor for a stored value.
    """

    field: str
    direction: int
    decode: Callable[[str], Any]
    encode: Callable[[Any], str] = str


class Keyset:
    """The order of a list. The last key must be unique."""

    def __init__(self, *keys: Key) -> None:
        self._keys = keys
        self.sort = [(key.field, key.direction) for key in keys]

    async def page(
        self,
        collection: AsyncCollection[Document],
        query: Document,
        *,
        limit: int,
        cursor: str | None,
    ) -> tuple[list[Document], str | None]:
        """Return a page of the documents that match a query.

        Args:
            collection: The collection.
            query: The filter.
            limit: The maximum number of documents.
            cursor: The cursor of the page before, or None for the first page.

        Returns:
            The documents and the cursor of the next page, which is None on the last page.

        Raises:
            InvalidCursorError: The cursor does not belong to this list.
        """
        if cursor is not None:
            parts = decode_cursor(cursor, parts=len(self._keys))
            query = {"$and": [query, self.after(parts)]}
        rows = await collection.find(query).sort(self.sort).limit(limit + 1).to_list()
        page = rows[:limit]
        return page, encode_cursor(*self.parts(page[-1])) if len(rows) > limit else None

    async def page_of_any(
        self,
        collection: AsyncCollection[Document],
        queries: Sequence[Document],
        *,
        limit: int,
        cursor: str | None,
    ) -> tuple[list[Document], str | None]:
        """Return a page of the documents that match at least one of several queries.

        Args:
            collection: The collection. For each query it needs an index that ends with the keys.
            queries: The filters.
            limit: The maximum number of documents.
            cursor: The cursor of the page before, or None for the first page.

        Returns:
            The documents and the cursor of the next page, which is None on the last page.

        Raises:
            InvalidCursorError: The cursor does not belong to this list.
        """
        if len(queries) == 1:
            return await self.page(collection, queries[0], limit=limit, cursor=cursor)
        if cursor is not None:
            after = self.after_in_ranges(decode_cursor(cursor, parts=len(self._keys)))
            queries = [{"$and": [query, after]} for query in queries]
        return await self.page(collection, {"$or": queries}, limit=limit, cursor=None)

    def parts(self, document: Document) -> list[str]:
        """Return a document's sort keys as the parts of a cursor."""
        return [key.encode(document[key.field]) for key in self._keys]

    def after(self, parts: Sequence[str]) -> Document:
        """Return the filter for the documents after a cursor.

        Args:
            parts: The parts of the cursor, one for each key.

        Raises:
            InvalidCursorError: A part is invalid.
        """
        alternatives: list[Document] = []
        equal: Document = {}
        for key, part in zip(self._keys, parts, strict=True):
            value = key.decode(part)
            operator = "$gt" if key.direction == ASCENDING else "$lt"
            alternatives.append({**equal, key.field: {operator: value}})
            equal[key.field] = value
        return {"$or": alternatives} if len(alternatives) > 1 else alternatives[0]

    def after_in_ranges(self, parts: Sequence[str]) -> Document:
        """Return the filter for the documents after a cursor, for a list in several ranges.

        MongoDB merges ranges of an index in order, but not if the filter has alternatives. So this
        filter begins with the first key, and excludes the documents with the same first key that
        were shown before.

        Args:
            parts: The parts of the cursor, one for each key.

        Raises:
            InvalidCursorError: A part is invalid.
        """
        first, *others = self._keys
        start = first.decode(parts[0])
        shown: list[Document] = []
        equal: Document = {first.field: start}
        for key, part in zip(others, parts[1:], strict=True):
            value = key.decode(part)
            operator = "$lt" if key.direction == ASCENDING else "$gt"
            shown.append({**equal, key.field: {operator: value}})
            equal[key.field] = value
        operator = "$gte" if first.direction == ASCENDING else "$lte"
        return {first.field: {operator: start}, "$nor": [*shown, equal]}


def id_key(direction: int) -> Key:
    """Return the key `_id` with object ids."""
    return Key("_id", direction, _parse_object_id)


def text_key(field: str, direction: int) -> Key:
    """Return a key with text."""
    return Key(field, direction, str)


def number_key(field: str, direction: int) -> Key:
    """Return a key with whole numbers that are not negative."""
    return Key(field, direction, _parse_number)


def time_key(field: str, direction: int) -> Key:
    """Return a key with times."""
    return Key(field, direction, _parse_time, datetime.isoformat)


def encode_cursor(*parts: str) -> str:
    """Return an opaque cursor that holds the parts."""
    # UTF-8 has at most 4 bytes for a character, JSON's escapes have 12.
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, parts: int) -> Sequence[str]:
    """Return the parts of a cursor.

    Args:
        cursor: The cursor as the client sent it.
        parts: How many parts the cursors of the list have.

    Raises:
        InvalidCursorError: `encode_cursor` did not make it of that many parts.
    """
    try:
        decoded = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        decoded = _PARTS.validate_python(decoded, strict=True)
    except (ValueError, RecursionError) as error:
        raise InvalidCursorError from error
    if len(decoded) != parts:
        raise InvalidCursorError
    return decoded


def _parse_object_id(part: str) -> ObjectId:
    if not _OBJECT_ID.fullmatch(part):
        raise InvalidCursorError
    return ObjectId(part)


def _parse_number(part: str) -> int:
    # At most 15 digits, so that the number is exact in JSON.
    if not part.isascii() or not part.isdecimal() or len(part) > 15:
        raise InvalidCursorError
    return int(part)


def _parse_time(part: str) -> datetime:
    try:
        return datetime.fromisoformat(part).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidCursorError from error


def id_range(after: str | None, until: str | None) -> Document:
    """Return a filter for a range of ids.

    Args:
        after: The id after which the range begins, None for the beginning.
        until: The last id of the range, None for the end.
    """
    bounds = {"$gt": after, "$lte": until}
    ids = {operator: ObjectId(bound) for operator, bound in bounds.items() if bound}
    return {"_id": ids} if ids else {}
