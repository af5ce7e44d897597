"""Database identities: a random id of each database, which a backup keeps.

Two services that compare their databases exchange these ids. A service that finds another database
than before, such as an empty one behind a wrong address, refuses to compare.
"""

import secrets

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database

COLLECTION = "database_identity"
_OWN = "own"
_SCHEMA = {
    "bsonType": "object",
    "required": ["identity"],
    "properties": {"identity": {"bsonType": "string"}},
}


class IdentityError(Exception):
    """Two databases must not be compared."""


class IdentityMissingError(IdentityError):
    """The database has no identity, because it lacks migrations."""

    def __str__(self) -> str:
        """Return what to do."""
        return "The database has no identity. Run `migrate`."


class OtherDatabaseError(IdentityError):
    """A database is not the one that it was compared with before."""


class DatabaseIdentity:
    """Reads the database's own identity, and remembers those of other databases."""

    def __init__(self, database: Database) -> None:
        self._identities = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection, and give the database an identity if it has none."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await database[COLLECTION].update_one(
            {"_id": _OWN}, {"$setOnInsert": {"identity": secrets.token_hex(16)}}, upsert=True
        )

    async def own(self) -> str:
        """Return the identity of this database.

        Raises:
            IdentityMissingError: The database is not migrated.
        """
        identity = await self.known(_OWN)
        if identity is None:
            raise IdentityMissingError
        return identity

    async def known(self, name: str) -> str | None:
        """Return the remembered identity of another database."""
        document = await self._identities.find_one({"_id": name})
        return str(document["identity"]) if document else None

    async def check(self, name: str, identity: str) -> None:
        """Check the identity of another database, and remember it the first time.

        Raises:
            OtherDatabaseError: Another identity is remembered.
        """
        known = await self._remember(name, identity)
        if known != identity:
            raise OtherDatabaseError(f"This is {name} {identity}, but it was {known} before.")

    async def accept(self, name: str, identity: str) -> None:
        """Remember the identity of another database in place of the former one."""
        await self._identities.update_one(
            {"_id": name}, {"$set": {"identity": identity}}, upsert=True
        )

    async def _remember(self, name: str, identity: str) -> str:
        try:
            document = await self._identities.find_one_and_update(
                {"_id": name},
                {"$setOnInsert": {"identity": identity}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another process remembered one at the same time.
            document = await self._identities.find_one({"_id": name})
        assert document  # noqa: S101 - it was just stored, and nothing deletes it.
        return str(document["identity"])
