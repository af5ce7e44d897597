import pytest

from shopkit.storage.database_identity import (
    COLLECTION,
    DatabaseIdentity,
    IdentityMissingError,
    OtherDatabaseError,
)
from shopkit.storage.mongo import Database


@pytest.fixture
async def identity(any_database: Database) -> DatabaseIdentity:
    await any_database[COLLECTION].delete_many({})
    return DatabaseIdentity(any_database)


@pytest.mark.mongod
class TestMigrate:
    async def test_is_random_and_written_once(self, real_database: Database) -> None:
        # Given
        identity = DatabaseIdentity(real_database)
        await real_database[COLLECTION].delete_many({})
        # When
        await DatabaseIdentity.migrate(real_database)
        own = await identity.own()
        await DatabaseIdentity.migrate(real_database)
        # Then
        assert len(own) == 32
        assert await identity.own() == own
        await real_database[COLLECTION].delete_many({})
        await DatabaseIdentity.migrate(real_database)
        assert await identity.own() != own

    async def test_is_part_of_a_backup(self, real_database: Database) -> None:
        # Given
        identity = DatabaseIdentity(real_database)
        await DatabaseIdentity.migrate(real_database)
        own = await identity.own()
        backup = await real_database[COLLECTION].find().to_list()
        # When: the restored documents are those of the backup, and migrations run again.
        await real_database[COLLECTION].delete_many({})
        await real_database[COLLECTION].insert_many(backup)
        await DatabaseIdentity.migrate(real_database)
        # Then
        assert await identity.own() == own


class TestOwn:
    async def test_is_missing_before_the_migration(self, identity: DatabaseIdentity) -> None:
        with pytest.raises(IdentityMissingError, match="Run `migrate`"):
            await identity.own()


class TestCheck:
    async def test_remembers_the_first_and_refuses_others(self, identity: DatabaseIdentity) -> None:
        # Given
        assert await identity.known("products-db") is None
        await identity.check("products-db", "a")
        await identity.check("products-db", "a")
        # When / Then
        with pytest.raises(OtherDatabaseError, match="This is products-db b, but it was a before"):
            await identity.check("products-db", "b")
        assert await identity.known("products-db") == "a"

    async def test_accepts_another_on_request(self, identity: DatabaseIdentity) -> None:
        # Given
        await identity.check("products-db", "a")
        # When
        await identity.accept("products-db", "b")
        # Then
        await identity.check("products-db", "b")
        with pytest.raises(OtherDatabaseError):
            await identity.check("products-db", "a")
