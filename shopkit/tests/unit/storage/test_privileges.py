from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure

from shopkit.settings import Environment, MongoSettings
from shopkit.storage import audit, migrations, privileges
from shopkit.storage.audit import AuditFilter, AuditTrail
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.testing.deliveries import NOON
from stack import Stack

UNAUTHORIZED = 13
USER = "orders"

pytestmark = pytest.mark.mongod


@pytest.fixture
def service_url(servers: Stack) -> str:
    """The address of the database, with the credentials of the service."""
    return Path(servers.environment(USER)["MONGO_URL_FILE"]).read_text(encoding="utf-8")


@pytest.fixture
async def as_service(service_url: str, real_database: Database) -> AsyncIterator[Database]:
    """The database as the user of the service, after the migrations."""
    await privileges.grant(real_database, USER)
    settings = MongoSettings(environment=Environment.DEVELOPMENT, mongo_url=service_url, port=1)
    async with connect(settings, "tests") as client:
        yield client[DATABASE]


async def add_entry(database: Database) -> None:
    await AuditTrail(database).add(
        actor="admin@shop.com",
        action="change",
        subject="1",
        before=None,
        after={"price_cents": 1},
        at=NOON,
        session=None,
    )


async def roles_of(database: Database, user: str) -> list[str]:
    [found] = (await database.command("usersInfo", user))["users"]
    return sorted(role["role"] for role in found["roles"])


class TestAuditTrail:
    def test_names_the_collections_of_the_audit_trail(self) -> None:
        assert {audit.COLLECTION, audit.ACTORS} == privileges.APPEND_ONLY

    async def test_a_service_adds_and_reads_entries(self, as_service: Database) -> None:
        # When
        await add_entry(as_service)
        await add_entry(as_service)
        # Then
        entries, _ = await AuditTrail(as_service).page(AuditFilter(), limit=20, cursor=None)
        assert [entry.actor for entry in entries] == ["admin@shop.com", "admin@shop.com"]
        assert await as_service[audit.ACTORS].count_documents({}) == 1

    @pytest.mark.parametrize("collection", sorted(privileges.APPEND_ONLY))
    async def test_a_service_can_neither_change_nor_delete_entries(
        self, as_service: Database, collection: str
    ) -> None:
        # Given
        await add_entry(as_service)
        rows = as_service[collection]
        before = await rows.find({}).to_list()
        # When
        attempts = (
            lambda: rows.update_one({}, {"$set": {"actor": "nobody"}}),
            lambda: rows.replace_one({}, {"actor": "nobody"}),
            lambda: rows.delete_many({}),
            rows.drop,
            lambda: rows.rename("elsewhere"),
            lambda: as_service["orders"].rename(collection, dropTarget=True),
            lambda: as_service["orders"].aggregate([{"$out": collection}]),
            lambda: as_service.command("collMod", collection, validator={}),
        )
        for attempt in attempts:
            with pytest.raises(OperationFailure) as refused:
                await attempt()
            assert refused.value.code == UNAUTHORIZED
        # Then
        assert await rows.find({}).to_list() == before

    async def test_a_service_cannot_give_itself_more_rights(self, as_service: Database) -> None:
        with pytest.raises(OperationFailure) as refused:
            await as_service.command("grantRolesToUser", USER, roles=["dbOwner"])
        assert refused.value.code == UNAUTHORIZED


class TestGrant:
    async def test_a_service_writes_all_other_collections(self, as_service: Database) -> None:
        result = await as_service["outbox"].delete_many({"_id": "missing"})
        assert result.deleted_count == 0

    async def test_replaces_the_roles_of_an_older_release(
        self, as_service: Database, real_database: Database
    ) -> None:
        # Given
        await real_database.command("grantRolesToUser", USER, roles=["readWrite"])
        assert await roles_of(real_database, USER) == ["readWrite", "service"]
        # When
        await privileges.grant(real_database, USER)
        # Then
        assert await roles_of(real_database, USER) == ["service"]
        with pytest.raises(OperationFailure):
            await as_service[audit.COLLECTION].delete_many({})

    async def test_includes_collections_that_the_service_creates_later(
        self, as_service: Database, real_database: Database
    ) -> None:
        # Given
        with pytest.raises(OperationFailure):
            await as_service["later"].insert_one({})
        # When
        await privileges.grant(real_database, USER, ["later"])
        # Then
        await as_service.create_collection("later")
        await as_service["later"].insert_one({"_id": 1})
        await as_service["later"].drop()

    async def test_is_part_of_the_command_that_migrates(
        self, servers: Stack, real_database: Database, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Given
        await real_database.command("grantRolesToUser", USER, roles=["readWrite"])
        settings = MongoSettings(
            environment=Environment.DEVELOPMENT, mongo_url=servers.database_url(USER), port=1
        )

        async def add_collection(database: Database) -> None:
            await migrations.ensure_collection(database, "added", {"bsonType": "object"})

        # When
        step = Migration("9999-added", add_collection)
        await migrations.migrate("orders-ms", settings, [step])
        # Then
        assert capsys.readouterr().out.endswith("orders-ms: 9999-added migrated\n")
        assert await roles_of(real_database, USER) == ["service"]
        await real_database["added"].drop()
        await real_database[migrations.COLLECTION].delete_one({"_id": step.name})
