"""authentication-ms over a database in memory, or over a real one; the test holds the clock."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI

from authentication import wiring
from authentication.main import create_app
from authentication.migrations import MIGRATIONS
from authentication.models.accounts import Account, AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.services.keys import KeyRing
from authentication.services.passwords import Passwords, argon2id
from authentication.settings import AuthenticationSettings
from authentication.wiring import World
from shopkit.settings import Environment, MongoSettings
from shopkit.storage import migrations
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import mock_database
from stack import Stack

AddAccount = Callable[..., Awaitable[Account]]
NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


def _pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    octets = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return octets.decode()


@pytest.fixture(scope="session")
def signing_pem() -> str:
    return _pem()


@pytest.fixture(scope="session")
def other_pem() -> str:
    return _pem()


@pytest.fixture(scope="session")
def keys(signing_pem: str) -> KeyRing:
    return KeyRing.from_pem(signing_pem, None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def settings(signing_pem: str) -> AuthenticationSettings:
    """Limits so low that a test reaches them."""
    return AuthenticationSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url="mongodb://127.0.0.1:1",
        signing_key=signing_pem,
        shop_port=8080,
        login_failures_per_address=6,
        login_failures_per_pair=3,
        login_failures_before_slowing=4,
        registrations_per_address=2,
    )


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    with Passwords(argon2id(memory_kib=8, rounds=1)) as cheap:
        yield cheap


@pytest.fixture
def slept() -> list[float]:
    """How long the service slept, each time."""
    return []


@pytest.fixture
async def database() -> Database:
    """A database in memory, without transactions."""
    database = mock_database()
    await database["users"].create_index("email", unique=True)
    return database


@pytest.fixture
def world(database: Database, clock: FakeClock, slept: list[float]) -> World:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return World(database, FakeTransactions(), clock, sleep)


def _app(
    settings: AuthenticationSettings, world: World, passwords: Passwords, keys: KeyRing
) -> FastAPI:
    # The lifespan does not run: what it builds is built here.
    application = create_app(settings)
    application.state.services = wiring.build(
        settings, world, passwords=passwords, keys=keys, checks={}
    )
    return application


@pytest.fixture
def app(
    settings: AuthenticationSettings, world: World, passwords: Passwords, keys: KeyRing
) -> FastAPI:
    return _app(settings, world, passwords, keys)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://auth") as http:
        # Each test says which cookie it presents.
        http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield http


def _adder(database: Database, passwords: Passwords, clock: FakeClock) -> AddAccount:
    async def add(
        email: str = "ann@shop.com",
        password: str = "correct horse",
        role: AccountRole = AccountRole.USER,
    ) -> Account:
        return await AccountRepository(database).add(
            email=email,
            role=role,
            password_hash=await passwords.hash(password),
            now=clock(),
            session=None,
        )

    return add


@pytest.fixture
def add_account(database: Database, passwords: Passwords, clock: FakeClock) -> AddAccount:
    return _adder(database, passwords, clock)


@pytest.fixture(scope="session")
def mongo_url(servers: Stack) -> str:
    """The address of a real database, for this run only."""
    named = servers.environment("authentication")["MONGO_URL_FILE"]
    return Path(named).read_text(encoding="utf-8").strip()


@pytest.fixture
async def bare_database(mongo_url: str) -> AsyncIterator[Database]:
    """A real database without collections."""
    settings = MongoSettings(environment=Environment.DEVELOPMENT, mongo_url=mongo_url, port=8000)
    async with connect(settings, "tests") as client:
        for name in await client[DATABASE].list_collection_names(filter={"type": "collection"}):
            if not name.startswith("system."):
                await client[DATABASE].drop_collection(name)
        yield client[DATABASE]


@pytest.fixture
async def real_database(bare_database: Database) -> Database:
    """A real database that is up to date, and empty."""
    await migrations.apply(bare_database, MIGRATIONS)
    return bare_database


@pytest.fixture
def real_app(
    settings: AuthenticationSettings,
    real_database: Database,
    passwords: Passwords,
    keys: KeyRing,
    clock: FakeClock,
) -> FastAPI:
    async def no_sleep(_seconds: float) -> None: ...

    transactions = MongoTransactions(real_database.client)
    world = World(real_database, transactions, clock, no_sleep)
    return _app(settings, world, passwords, keys)


@pytest.fixture
async def real_client(real_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=real_app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://auth") as http:
        yield http


@pytest.fixture
def add_real_account(real_database: Database, passwords: Passwords, clock: FakeClock) -> AddAccount:
    return _adder(real_database, passwords, clock)
