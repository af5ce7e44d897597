"""Migrations, seed and commands on a real database."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from asgi_lifespan import LifespanManager
from pymongo.errors import OperationFailure, WriteError

from authentication.commands import main
from authentication.main import create_app
from authentication.migrations import FORGETFUL, MIGRATIONS, SCHEMAS
from authentication.settings import AuthenticationSettings
from shopkit.storage import migrations
from shopkit.storage.mongo import Database

Command = Callable[..., int]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class TestMigrations:
    async def test_Given_BareDatabase_When_MigratedTwice_Then_TheSecondTimeChangesNothing(
        self, bare_database: Database
    ) -> None:
        names = [step.name for step in MIGRATIONS]
        assert await migrations.apply(bare_database, MIGRATIONS) == names
        assert await migrations.apply(bare_database, MIGRATIONS) == []
        for step in MIGRATIONS:
            await step.apply(bare_database)
        present = await bare_database.list_collection_names()
        assert set(SCHEMAS) <= set(present)

    async def test_Given_Migrated_When_Looked_Then_EverythingThatExpiresIsForgotten(
        self, real_database: Database
    ) -> None:
        for name in FORGETFUL:
            indexes = await real_database[name].index_information()
            assert indexes["expiry"]["expireAfterSeconds"] == 0
            assert indexes["expiry"]["key"] == [("expires_at", 1)]

    async def test_Given_Validator_When_AMalformedAccountIsWritten_Then_ItIsRefused(
        self, real_database: Database
    ) -> None:
        with pytest.raises(WriteError):
            await real_database["users"].insert_one({"email": "a@b.com", "role": "root"})

    async def test_Given_DatabaseOfTheOriginal_When_Migrated_Then_ItsUsersLogIn(
        self, bare_database: Database, settings: AuthenticationSettings, mongo_url: str
    ) -> None:
        # Given
        await bare_database["users"].insert_many(
            [
                {"email": each, "role": role, "password_hash": sha256(each)}
                for each, role in (("aaa@aaa.com", "user"), ("Admin@Admin.com", "admin"))
            ]
        )
        await migrations.apply(bare_database, MIGRATIONS)
        wrapped = await bare_database["users"].find_one({"email": "aaa@aaa.com"})
        assert wrapped is not None
        assert wrapped["wrapped_sha256"] is True
        assert wrapped["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        # When
        real = AuthenticationSettings(**settings.model_dump() | {"mongo_url": mongo_url})
        app = create_app(real)
        async with (
            LifespanManager(app),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://auth"
            ) as client,
        ):
            body = {"email": "aaa@aaa.com", "password": "aaa@aaa.com"}
            answers = [(await client.post("/api/login", json=body)).status_code for _ in "12"]
            boss = {"email": "admin@admin.com", "password": "Admin@Admin.com"}
            answers.append((await client.post("/api/login", json=boss)).status_code)
            body["password"] = sha256("aaa@aaa.com")
            answers.append((await client.post("/api/login", json=body)).status_code)
            ready = await client.get("/ready")
        # Then
        assert answers == [200, 200, 200, 401]
        assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
        unwrapped = await bare_database["users"].find_one({"email": "aaa@aaa.com"})
        assert unwrapped is not None
        assert "wrapped_sha256" not in unwrapped
        assert unwrapped["password_hash"] != wrapped["password_hash"]

    async def test_Given_MigrationsMissing_When_ReadyIsAsked_Then_ThePartIsNamed(
        self, bare_database: Database, settings: AuthenticationSettings, mongo_url: str
    ) -> None:
        real = AuthenticationSettings(**settings.model_dump() | {"mongo_url": mongo_url})
        app = create_app(real)
        async with (
            LifespanManager(app),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://auth"
            ) as client,
        ):
            ready = await client.get("/ready")
        assert ready.status_code == 503
        assert list(ready.json()["failing"]) == ["migrations"]

    async def test_Given_TwoAccountsOfOneEmail_When_Indexed_Then_ItFailsRatherThanChooses(
        self, bare_database: Database
    ) -> None:
        rows = [{"email": "a@b.com", "role": "user", "password_hash": "x"} for _ in "12"]
        await bare_database["users"].insert_many(rows)
        with pytest.raises(OperationFailure):
            await migrations.apply(bare_database, MIGRATIONS)
        assert await bare_database["users"].count_documents({}) == 2


class TestCommands:
    """The commands run an event loop of their own, so these tests have none."""

    @pytest.fixture
    def command(self, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
        monkeypatch.setenv("MONGO_URL", mongo_url)
        monkeypatch.setenv("ENVIRONMENT", "development")
        return lambda *arguments: main(arguments)

    def test_Given_EmptyDatabase_When_SetUp_Then_EachCommandSaysWhatItDid(
        self,
        command: Command,
        empty: None,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        password = tmp_path / "password"
        password.write_text("correct horse\n", encoding="utf-8")
        steps = [
            ("migrate",),
            ("seed",),
            ("seed",),
            ("create-admin", "Boss@Shop.com", "--password-file", str(password)),
            ("create-admin", "boss@shop.com"),
            ("create-admin", "bbb@bbb.com"),
        ]
        assert [command(*step) for step in steps] == [0] * len(steps)
        assert capsys.readouterr().out.splitlines() == [
            "authentication: 0001-collections, 0002-indexes, 0003-emails, 0004-sha256 migrated",
            "added: aaa@aaa.com, bbb@bbb.com, admin@admin.com, ccc@ccc.com",
            "nothing to add",
            "boss@shop.com was made, an admin",
            "boss@shop.com is an admin already; nothing was changed",
            "bbb@bbb.com is an admin now; the password stays as it was",
        ]

    @pytest.fixture
    async def empty(self, bare_database: Database) -> None:
        """Nothing in the database."""
