"""Finds documents by the beginning of an email address, or of its domain, in any case.

A document stores two keys of its address: the address and its domain, both in lower case. An index
of the keys finds the documents with a key in a range. See docs/decisions/0035.
"""

from pymongo import IndexModel, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from shopkit.storage.mongo import Document
from shopkit.text import normalize_filter

_LAST_CHARACTER = "\U0010ffff"


def email_keys(email: str) -> list[str]:
    """Return the keys of an address: the address, and its domain if it has one."""
    address = normalize_filter(email) or ""
    domain = address.rpartition("@")[2]
    return [address] if domain in {"", address} else [address, domain]


class EmailSearch:
    """Searches a collection by a field with email addresses.

    Args:
        field: The field. The keys are stored in `<field>_keys`.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        self._keys_field = f"{field}_keys"
        self.index = IndexModel(self._keys_field)

    def keys(self, email: str) -> Document:
        """Return the field with the keys of an address."""
        return {self._keys_field: email_keys(email)}

    def matching(self, text: str) -> Document:
        """Return the filter for addresses that begin, or whose domain begins, with a text.

        Args:
            text: The text, as `normalize_filter` returns it. An `@` at its beginning is ignored.
        """
        beginning = text.removeprefix("@")
        key_range = {"$gte": beginning, "$lte": beginning + _LAST_CHARACTER}
        return {self._keys_field: {"$elemMatch": key_range}}

    async def add_missing_keys(self, collection: AsyncCollection[Document], limit: int) -> int:
        """Add the keys of up to `limit` documents that lack them, and return their number.

        Replicas of the previous release store documents without keys.
        """
        rows = collection.find({self._keys_field: None}, {self._field: 1}).limit(limit)
        updates = [
            UpdateOne(
                {"_id": row["_id"], self._field: row[self._field]},
                {"$set": self.keys(row[self._field])},
            )
            async for row in rows
        ]
        if updates:
            await collection.bulk_write(updates, ordered=False)
        return len(updates)

    async def migrate(self, collection: AsyncCollection[Document], chunk: int) -> None:
        """Create the index, and add the keys of all documents that lack them."""
        await collection.create_indexes([self.index])
        while await self.add_missing_keys(collection, chunk):
            pass
