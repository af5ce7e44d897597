"""The collection `addresses`: the postal addresses of accounts."""

from dataclasses import asdict, fields
from typing import Any

from bson import ObjectId

from authentication.models.address import ADDRESS_LIMIT, StoredAddress
from shopkit.addresses import Address
from shopkit.storage.mongo import Database, Document, Session

POSTAL_ADDRESSES = "addresses"


class AddressRepository:
    """Reads and writes addresses. Every method names the account, so that none reaches another."""

    def __init__(self, database: Database) -> None:
        self._addresses = database[POSTAL_ADDRESSES]

    async def find_all(self, account_id: Any, *, session: Session = None) -> list[StoredAddress]:
        """Return the addresses of an account, oldest first."""
        rows = self._addresses.find({"account_id": account_id}, session=session)
        return [_stored(row) async for row in rows.sort("_id", 1).limit(ADDRESS_LIMIT)]

    async def insert(
        self, account_id: Any, address: Address, *, is_default: bool, session: Session
    ) -> StoredAddress:
        """Store a new address."""
        stored = StoredAddress(ObjectId(), address, is_default)
        await self._addresses.insert_one(
            {"_id": stored.id, "account_id": account_id, **_fields(stored)}, session=session
        )
        return stored

    async def update(self, account_id: Any, stored: StoredAddress, *, session: Session) -> None:
        """Replace an address."""
        await self._addresses.update_one(
            {"_id": stored.id, "account_id": account_id},
            {"$set": _fields(stored)},
            session=session,
        )

    async def set_default(self, account_id: Any, address_id: Any, *, session: Session) -> None:
        """Make one address of an account the default, and the others not."""
        for chosen in (False, True):
            same = address_id if chosen else {"$ne": address_id}
            await self._addresses.update_many(
                {"account_id": account_id, "_id": same},
                {"$set": {"is_default": chosen}},
                session=session,
            )

    async def delete(self, account_id: Any, address_id: Any, *, session: Session) -> None:
        """Delete an address."""
        await self._addresses.delete_one(
            {"_id": address_id, "account_id": account_id}, session=session
        )


def _fields(stored: StoredAddress) -> Document:
    return {
        **asdict(stored.address),
        "lines": list(stored.address.lines),
        "is_default": stored.is_default,
    }


def _stored(row: Document) -> StoredAddress:
    values = {field.name: row[field.name] for field in fields(Address)}
    address = Address(**values | {"lines": tuple(row["lines"])})
    return StoredAddress(row["_id"], address, row["is_default"])
