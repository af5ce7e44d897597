"""Migrations, demo data and commands on a real database."""

import hashlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from pymongo.errors import OperationFailure, WriteError

from authentication.commands import app
from authentication.main import create_app
from authentication.migrations import EXPIRING, MIGRATIONS, SCHEMAS
from authentication.settings import AuthenticationSettings
from shopkit import commands
from shopkit.storage import migrations
from shopkit.storage.mongo import Database
from shopkit.testing.apps import client_of, monitor_of

RunCommand = Callable[..., object]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@asynccontextmanager
async def running_service(
    settings: AuthenticationSettings, mongo_url: str
) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    """Yield a client of the service, and one of its port for monitoring."""
    real = AuthenticationSettings(**settings.model_dump() | {"mongo_url": mongo_url})
    app = create_app(real)
    async with client_of(app) as client, monitor_of(app) as monitor:
        yield client, monitor


class TestMigrations:
    async def test_apply_once_and_can_be_repeated_after_a_crash(
        self, bare_database: Database
    ) -> None:
        # When
        first = await migrations.apply(bare_database, MIGRATIONS)
        second = await migrations.apply(bare_database, MIGRATIONS)
        for migration in MIGRATIONS:
            await migration.apply(bare_database)
        # Then
        assert first == [migration.name for migration in MIGRATIONS]
        assert second == []
        assert {*SCHEMAS, "audit"} <= set(await bare_database.list_collection_names())

    async def test_create_indexes_that_delete_expired_documents(
        self, real_database: Database
    ) -> None:
        for name in EXPIRING:
            indexes = await real_database[name].index_information()
            assert indexes["expiry"]["expireAfterSeconds"] == 0
            assert indexes["expiry"]["key"] == [("expires_at", 1)]

    async def test_create_schemas_that_refuse_a_malformed_account(
        self, real_database: Database
    ) -> None:
        with pytest.raises(WriteError):
            await real_database["users"].insert_one({"email": "a@b.com", "role": "root"})

    async def test_let_the_users_of_an_older_database_log_in(
        self, bare_database: Database, settings: AuthenticationSettings, mongo_url: str
    ) -> None:
        # Given
        await bare_database["users"].insert_many(
            [
                {"email": email, "role": role, "password_hash": sha256(email)}
                for email, role in (("aaa@aaa.com", "user"), ("Admin@Admin.com", "admin"))
            ]
        )
        await migrations.apply(bare_database, MIGRATIONS)
        wrapped = await bare_database["users"].find_one({"email": "aaa@aaa.com"})
        # When
        async with running_service(settings, mongo_url) as (client, monitor):
            logins = [
                {"email": "aaa@aaa.com", "password": "aaa@aaa.com"},
                {"email": "aaa@aaa.com", "password": "aaa@aaa.com"},
                {"email": "admin@admin.com", "password": "Admin@Admin.com"},
                {"email": "aaa@aaa.com", "password": sha256("aaa@aaa.com")},
            ]
            received = [
                (await client.post("/api/login", json=login)).status_code for login in logins
            ]
            ready = await monitor.get("/ready")
        # Then
        assert received == [200, 200, 200, 401]
        assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
        assert wrapped is not None
        assert wrapped["wrapped_sha256"] is True
        assert wrapped["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        upgraded = await bare_database["users"].find_one({"email": "aaa@aaa.com"})
        assert upgraded is not None
        assert "wrapped_sha256" not in upgraded
        assert upgraded["password_hash"] != wrapped["password_hash"]

    async def test_are_required_for_readiness(
        self, bare_database: Database, settings: AuthenticationSettings, mongo_url: str
    ) -> None:
        async with running_service(settings, mongo_url) as (_client, monitor):
            ready = await monitor.get("/ready")
        assert ready.status_code == 503
        assert list(ready.json()["failing"]) == ["migrations"]

    async def test_fail_if_two_accounts_have_the_same_email(self, bare_database: Database) -> None:
        # Given
        users = [{"email": "a@b.com", "role": "user", "password_hash": "x"} for _ in range(2)]
        await bare_database["users"].insert_many(users)
        # When
        with pytest.raises(OperationFailure):
            await migrations.apply(bare_database, MIGRATIONS)
        # Then
        assert await bare_database["users"].count_documents({}) == 2


class TestCommands:
    """Tests without an event loop, because the commands run their own."""

    @pytest.fixture
    def run_command(
        self, mongo_url: str, empty_database: None, monkeypatch: pytest.MonkeyPatch
    ) -> RunCommand:
        """Runs a command line, and returns its exit code."""
        monkeypatch.setenv("MONGO_URL", mongo_url)
        monkeypatch.setenv("ENVIRONMENT", "development")

        def run(*arguments: str) -> object:
            monkeypatch.setattr(sys, "argv", ["authentication", *arguments])
            with pytest.raises(SystemExit) as ended:
                commands.run(app)
            return ended.value.code

        return run

    @pytest.fixture
    async def empty_database(self, bare_database: Database) -> None:
        """Removes all collections."""

    def test_set_up_an_empty_database(
        self, run_command: RunCommand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Given
        password = tmp_path / "password"
        password.write_text("correct horse\n", encoding="utf-8")
        command_lines = [
            ["migrate", "seed"],
            ["seed"],
            ["create-admin", "Boss@Shop.com", "--password-file", str(password)],
            ["create-admin", "boss@shop.com"],
            ["create-admin", "bbb@bbb.com"],
        ]
        # When
        codes = [run_command(*arguments) for arguments in command_lines]
        # Then
        assert codes == [0] * len(command_lines)
        assert capsys.readouterr().out.splitlines() == [
            f"authentication-ms: {', '.join(step.name for step in MIGRATIONS)} migrated",
            "accounts created: 4",
            "accounts created: 0",
            "Boss@Shop.com was created as an admin.",
            "boss@shop.com is already an admin. Nothing was changed.",
            "bbb@bbb.com is an admin now. The password is unchanged.",
        ]
