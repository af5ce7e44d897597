import getpass
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from pymongo_async_mock import AsyncMongoMockClient

from authentication.commands import app, make_admin
from authentication.dependencies import Services
from authentication.models.account import Account
from authentication.services.passwords import PasswordHasher
from shopkit import commands
from shopkit.storage import migrations, mongo, unit_of_work
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY
from shopkit.web import app as shop_app

AddAccount = Callable[..., Awaitable[Account]]
RunCommand = Callable[..., object]


def password() -> str:
    return "correct horse"


def no_password() -> str:
    raise AssertionError("an existing account keeps its password")


class TestMakeAdmin:
    async def test_creates_an_account_and_an_audit_entry(
        self, services: Services, hasher: PasswordHasher, database: Database
    ) -> None:
        # When
        outcome = await make_admin(services.administration, hasher, "boss@shop.com", password)
        # Then
        assert outcome == "boss@shop.com was created as an admin."
        user = await database["users"].find_one({})
        assert user is not None
        assert (user["email"], user["role"]) == ("boss@shop.com", "admin")
        entry = await database["audit"].find_one({}, {"_id": 0, "at": 0, "request_id": 0})
        assert entry == {
            "actor": "command line",
            "actor_id": None,
            "action": "admin-created",
            "subject": "boss@shop.com",
            "subject_id": str(user["_id"]),
            "before": None,
            "after": {"role": "admin"},
        }

    async def test_promotes_a_user_who_keeps_the_password(
        self,
        services: Services,
        hasher: PasswordHasher,
        database: Database,
        add_account: AddAccount,
    ) -> None:
        # Given
        account = await add_account()
        # When
        outcome = await make_admin(services.administration, hasher, account.email, no_password)
        # Then
        assert outcome == "ann@shop.com is an admin now. The password is unchanged."
        user = await database["users"].find_one({})
        assert user is not None
        assert (user["role"], user["password_hash"]) == ("admin", account.password_hash)

    async def test_promotes_an_account_that_is_registered_meanwhile(
        self,
        services: Services,
        hasher: PasswordHasher,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        async def hash_while_someone_registers(_password: str) -> str:
            row = {"email": "boss@shop.com", "role": "user", "password_hash": "own"}
            await database["users"].insert_one(row)
            return "hash"

        monkeypatch.setattr(hasher, "hash", hash_while_someone_registers)
        # When
        await make_admin(services.administration, hasher, "boss@shop.com", password)
        # Then
        users = await database["users"].find({}, {"_id": 0, "least_iat": 0}).to_list()
        assert users == [{"email": "boss@shop.com", "role": "admin", "password_hash": "own"}]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs a command line, and returns its exit code."""
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:1")
    for name in ("SIGNING_KEY", "SIGNING_KEY_FILE", "SEED"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["authentication", *arguments])
        with pytest.raises(SystemExit) as ended:
            commands.run(app)
        return ended.value.code

    return run


@pytest.fixture
def mock_client(monkeypatch: pytest.MonkeyPatch) -> AsyncMongoMockClient:
    """The database of the commands."""
    client = AsyncMongoMockClient(tz_aware=True)

    @asynccontextmanager
    async def connect(*_: object) -> AsyncIterator[AsyncMongoMockClient]:
        yield client

    monkeypatch.setattr(mongo, "connect", connect)
    monkeypatch.setattr("authentication.seed.connect", connect)
    monkeypatch.setattr(unit_of_work, "MongoTransactions", lambda _: FakeTransactions())
    return client


@pytest.mark.usefixtures("mock_client")
class TestCreateAdmin:
    def test_reads_the_password_from_standard_input(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        assert run_command("create-admin", " Boss@Shop.com") == 0
        assert capsys.readouterr().out == "Boss@Shop.com was created as an admin.\n"

    def test_counts_the_characters_of_the_normal_form(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("a\u0308" * 7 + "\n"))
        assert run_command("create-admin", "boss@shop.com") == 1
        assert capsys.readouterr().err == "A password has 8 to 128 characters.\n"

    def test_asks_for_the_password_on_a_terminal(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        terminal = io.StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: "correct horse")
        # When
        code = run_command("create-admin", "boss@shop.com")
        # Then
        assert code == 0
        assert capsys.readouterr().out == "boss@shop.com was created as an admin.\n"

    @pytest.mark.parametrize(
        ("email", "typed", "message"),
        [
            ("no email", "correct horse", "no email is not an email address."),
            ("boss@shop.com", "short", "A password has 8 to 128 characters."),
        ],
    )
    def test_refuses_invalid_input_without_printing_the_password(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        email: str,
        typed: str,
        message: str,
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert run_command("create-admin", email) == 1
        assert capsys.readouterr().err == f"{message}\n"

    def test_refuses_a_missing_password_file(self, run_command: RunCommand) -> None:
        assert run_command("create-admin", "boss@shop.com", "--password-file", "/missing") == 2


@pytest.mark.usefixtures("mock_client")
class TestSeed:
    def test_prints_the_created_accounts(
        self, run_command: RunCommand, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert [run_command("seed"), run_command("seed")] == [0, 0]
        assert capsys.readouterr().out.splitlines() == [
            "accounts created: 4",
            "accounts created: 0",
        ]

    def test_runs_in_production_only_if_demo_data_is_wanted(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        monkeypatch.setenv("ENVIRONMENT", "production")
        monkeypatch.setenv("MONGO_URL", "mongodb://u:p@127.0.0.1:1")
        # When
        refused = run_command("seed")
        monkeypatch.setenv("SEED", "demo")
        accepted = run_command("seed")
        # Then
        assert (refused, accepted) == (1, 0)
        assert "SEED=demo" in capsys.readouterr().err


class TestMigrate:
    def test_names_a_missing_setting_and_prints_no_values(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        monkeypatch.delenv("MONGO_URL")
        monkeypatch.setenv("PORT", "hunter2")
        # When
        code = run_command("migrate")
        # Then
        output = capsys.readouterr().err
        assert code == 2
        assert "mongo_url: Field required" in output
        assert "hunter2" not in output

    def test_reports_a_database_error_without_the_address(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        async def fail(*_: object, later: object) -> None:
            raise ServerSelectionTimeoutError("127.0.0.1:1")

        monkeypatch.setattr(migrations, "migrate", fail)
        # When
        code = run_command("migrate")
        # Then
        assert code == 1
        assert capsys.readouterr().err == "The database failed: ServerSelectionTimeoutError\n"


class TestServe:
    @pytest.fixture(autouse=True)
    def set_keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GATEWAY_KEYS", GATEWAY_KEY.public)
        monkeypatch.setenv("ORDERS_KEYS", ORDERS_KEY.public)
        monkeypatch.setenv("MAIL", "off")

    def test_refuses_an_unusable_key(
        self,
        run_command: RunCommand,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("SIGNING_KEY", "nonsense")
        assert run_command("serve") == 2
        assert capsys.readouterr().err.startswith("SIGNING_KEY is unusable: ")

    def test_serves_the_application_with_the_settings(
        self, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, signing_pem: str
    ) -> None:
        # Given
        served: list[tuple[str, int]] = []
        monkeypatch.setenv("SIGNING_KEY", signing_pem)
        monkeypatch.setenv("PORT", "8123")
        monkeypatch.setattr(
            shop_app,
            "serve",
            lambda app, settings, _state: served.append((app.title, settings.port)),
        )
        # When
        code = run_command("serve")
        # Then
        assert code == 0
        assert served == [("authentication-ms", 8123)]
