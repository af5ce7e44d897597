import getpass
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from pymongo_async_mock import AsyncMongoMockClient

from authentication import commands as module
from authentication.commands import create_admin, main
from authentication.models.accounts import Account
from authentication.services.passwords import argon2id
from authentication.settings import AuthenticationSettings
from shopkit import commands
from shopkit.storage import mongo
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.web import app

AddAccount = Callable[..., Awaitable[Account]]


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "argon2id", lambda: argon2id(memory_kib=8, rounds=1))
    monkeypatch.setattr(module, "_configure_logging", lambda _: None)
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:1")
    for name in ("SIGNING_KEY", "SIGNING_KEY_FILE", "SEED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> AsyncMongoMockClient:
    """The database that the commands open, in memory."""
    client = AsyncMongoMockClient(tz_aware=True)

    @asynccontextmanager
    async def connect(*_: object) -> AsyncIterator[AsyncMongoMockClient]:
        yield client

    monkeypatch.setattr(mongo, "connect", connect)
    monkeypatch.setattr(mongo, "MongoTransactions", lambda _: FakeTransactions())
    return client


class TestCreateAdmin:
    async def test_Given_NoAccount_When_Created_Then_AnAdminIsMadeAndAudited(
        self, settings: AuthenticationSettings, database: Database
    ) -> None:
        told = await create_admin(
            settings, database, FakeTransactions(), "boss@shop.com", lambda: "correct horse"
        )
        assert told == "boss@shop.com was made, an admin"
        user = await database["users"].find_one({})
        assert user is not None
        assert (user["email"], user["role"]) == ("boss@shop.com", "admin")
        entry = await database["audit"].find_one({}, {"_id": 0, "at": 0, "request_id": 0})
        assert entry == {
            "actor": "command line",
            "action": "admin-created",
            "subject": "boss@shop.com",
            "before": None,
            "after": {"role": "admin"},
        }

    async def test_Given_User_When_Promoted_Then_ThePasswordIsNotAskedAndStays(
        self, settings: AuthenticationSettings, database: Database, add_account: AddAccount
    ) -> None:
        before = await add_account()

        def never() -> str:
            raise AssertionError("an account that exists keeps its password")

        told = await create_admin(settings, database, FakeTransactions(), before.email, never)
        assert told == "ann@shop.com is an admin now; the password stays as it was"
        user = await database["users"].find_one({})
        assert user is not None
        assert (user["role"], user["password_hash"]) == ("admin", before.password_hash)

    async def test_Given_AccountMadeMeanwhile_When_Created_Then_ItIsPromoted(
        self, settings: AuthenticationSettings, database: Database
    ) -> None:
        async def add_rival() -> None:
            row = {"email": "boss@shop.com", "role": "user", "password_hash": "own"}
            await database["users"].insert_one(row)

        class RivalFirst(FakeTransactions):
            async def run(self, work, *, seconds=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
                await add_rival()
                return await super().run(work, seconds=seconds)

        await create_admin(
            settings, database, RivalFirst(), "boss@shop.com", lambda: "correct horse"
        )
        users = await database["users"].find({}, {"_id": 0, "least_iat": 0}).to_list()
        assert users == [{"email": "boss@shop.com", "role": "admin", "password_hash": "own"}]


class TestMain:
    def test_Given_PasswordOnStandardInput_When_Created_Then_ItSaysSo(
        self,
        store: AsyncMongoMockClient,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        assert main(["create-admin", " Boss@Shop.com"]) == 0
        assert capsys.readouterr().out == "boss@shop.com was made, an admin\n"

    def test_Given_PasswordFile_When_Created_Then_ItSaysSo(
        self, store: AsyncMongoMockClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "password"
        file.write_text("correct horse\n", encoding="utf-8")
        assert main(["create-admin", "boss@shop.com", "--password-file", str(file)]) == 0
        assert main(["create-admin", "boss@shop.com"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "boss@shop.com was made, an admin",
            "boss@shop.com is an admin already; nothing was changed",
        ]

    def test_Given_Terminal_When_Created_Then_ThePasswordIsAskedWithoutEcho(
        self, store: AsyncMongoMockClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal = io.StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr(getpass, "getpass", lambda _: "correct horse")
        assert main(["create-admin", "boss@shop.com"]) == 0

    @pytest.mark.parametrize(
        ("email", "password", "told"),
        [
            ("no e-mail", "correct horse", "no e-mail is no e-mail"),
            ("boss@shop.com", "short", "a password has 8 to 128 characters"),
        ],
    )
    def test_Given_BadInput_When_Created_Then_ItRefusesWithoutShowingThePassword(
        self,
        store: AsyncMongoMockClient,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        email: str,
        password: str,
        told: str,
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        assert main(["create-admin", email]) == 1
        assert capsys.readouterr().err == f"{told}\n"

    def test_Given_Development_When_Seeded_Then_ItSaysWhatWasAdded(
        self, store: AsyncMongoMockClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert [main(["seed"]), main(["seed"])] == [0, 0]
        assert capsys.readouterr().out.splitlines() == [
            "added: aaa@aaa.com, bbb@bbb.com, admin@admin.com, ccc@ccc.com",
            "nothing to add",
        ]

    def test_Given_Production_When_Seeded_Then_ItRefuses(
        self, store: AsyncMongoMockClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ENVIRONMENT", "production")
        monkeypatch.setenv("MONGO_URL", "mongodb://u:p@127.0.0.1:1")
        with pytest.raises(SystemExit, match="SEED=demo"):
            main(["seed"])
        monkeypatch.setenv("SEED", "demo")
        assert main(["seed"]) == 0

    def test_Given_NoSettings_When_Migrating_Then_WhatIsMissingIsToldAndNoValue(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("MONGO_URL")
        monkeypatch.setenv("PORT", "hunter2")
        assert main(["migrate"]) == 2
        told = capsys.readouterr().err
        assert told.startswith("the settings are not usable:\n")
        assert "mongo_url: Field required" in told
        assert "hunter2" not in told

    def test_Given_NoDatabase_When_Migrating_Then_ItIsToldWithoutItsAddress(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def fail(*_: object) -> None:
            raise ServerSelectionTimeoutError("127.0.0.1:1")

        monkeypatch.setattr(commands, "migrate", fail)
        assert main(["migrate"]) == 1
        assert capsys.readouterr().err == "the database failed: ServerSelectionTimeoutError\n"

    def test_Given_UnusableKey_When_Serving_Then_ItRefusesToStart(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SIGNING_KEY", "nonsense")
        assert main(["serve"]) == 2
        assert capsys.readouterr().err.startswith("SIGNING_KEY is unusable: ")

    def test_Given_Settings_When_Serving_Then_TheApplicationIsServedWithThem(
        self, monkeypatch: pytest.MonkeyPatch, signing_pem: str
    ) -> None:
        served: list[tuple[str, int]] = []
        monkeypatch.setenv("SIGNING_KEY", signing_pem)
        monkeypatch.setenv("PORT", "8123")
        monkeypatch.setattr(
            app, "serve", lambda built, settings: served.append((built.title, settings.port))
        )
        assert main(["serve"]) == 0
        assert served == [("authentication-ms", 8123)]

    def test_Given_SeveralVerbs_When_Run_Then_TheyRunInTurnUntilOneFails(
        self,
        store: AsyncMongoMockClient,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        async def say(*_: object) -> None:
            sys.stdout.write("migrated\n")

        monkeypatch.setattr(commands, "migrate", say)
        assert main(["migrate", "seed"]) == 0
        assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
            "migrated",
            "added",
        ]
        monkeypatch.delenv("MONGO_URL")
        assert main(["migrate", "seed"]) == 2
        assert capsys.readouterr().out == ""
