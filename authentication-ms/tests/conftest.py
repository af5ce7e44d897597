"""authentication-ms with a fake clock and a database in memory, or with a real one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from http.cookiejar import DefaultCookiePolicy

import httpx2
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI

from authentication.dependencies import Services, build
from authentication.main import create_app
from authentication.migrations import MIGRATIONS
from authentication.models.account import Account, AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.services.keys import KeyRing
from authentication.services.passwords import PasswordHasher, argon2id
from authentication.settings import AuthenticationSettings
from shopkit.settings import Environment, MongoSettings
from shopkit.storage import migrations
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.storage.unit_of_work import Transactions
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import client_of, mock_database
from shopkit.testing.databases import BACKENDS, open_database
from shopkit.testing.deliveries import NOON
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY, account_id_of, caller_headers
from stack import Stack

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]
OpenMail = Callable[[str], Awaitable[str]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"


def generate_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="session")
def signing_pem() -> str:
    return generate_pem()


@pytest.fixture(scope="session")
def other_pem() -> str:
    return generate_pem()


@pytest.fixture(scope="session")
def keys(signing_pem: str) -> KeyRing:
    return KeyRing.from_pem(signing_pem, None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def settings(signing_pem: str) -> AuthenticationSettings:
    """Settings with low limits, which a test can reach."""
    return AuthenticationSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url="mongodb://127.0.0.1:1",
        gateway_keys=GATEWAY_KEY.public,
        orders_keys=ORDERS_KEY.public,
        signing_key=signing_pem,
        shop_port=8080,
        mail_sender="Kiosk <mail@kiosk.example>",
        public_url="https://shop.example",
        smtp_host="127.0.0.1",
        mails_per_account=3,
        login_failures_per_address=6,
        login_failures_per_pair=3,
        login_failures_before_slowing=4,
        login_failures_per_account=8,
        registrations_per_address=2,
    )


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    """A hasher that needs little time and memory."""
    with PasswordHasher(argon2id(memory_kib=8, rounds=1)) as hasher:
        yield hasher


@pytest.fixture
def delays() -> list[float]:
    """The seconds of each delay that the throttle causes."""
    return []


@pytest.fixture
async def database() -> Database:
    database = mock_database()
    await database["users"].create_index("email", unique=True)
    return database


@pytest.fixture(params=BACKENDS)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database in memory, and a real one."""

    def mongo_url() -> str:
        servers: Stack = request.getfixturevalue("servers")
        return servers.database_url("authentication")

    async with open_database(request.param, mongo_url, MIGRATIONS) as database:
        await database["users"].create_index("email", name="email", unique=True)
        yield database


@pytest.fixture(scope="session")
def mongo_url(servers: Stack) -> str:
    return servers.database_url("authentication")


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
    """An empty real database with all migrations."""
    await migrations.apply(bare_database, MIGRATIONS)
    return bare_database


@pytest.fixture
def transactions() -> FakeTransactions:
    return FakeTransactions()


@pytest.fixture
def services(
    settings: AuthenticationSettings,
    database: Database,
    transactions: Transactions,
    hasher: PasswordHasher,
    clock: FakeClock,
    delays: list[float],
) -> Services:
    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    return build(settings, database, transactions, hasher, clock=clock, sleep=sleep)


@pytest.fixture
def open_mail(services: Services, transactions: FakeTransactions) -> OpenMail:
    """Returns the token in the last mail of a template, as the mail's loop creates it."""

    async def open_mail(template: str) -> str:
        mail = [mail for mail in transactions.mails if mail.template == template][-1]
        url = await services.links.create_url(mail)
        return url.partition("#token=")[2]

    return open_mail


@pytest.fixture
def app(settings: AuthenticationSettings, services: Services) -> FastAPI:
    @asynccontextmanager
    async def run(_settings: AuthenticationSettings) -> AsyncIterator[Services]:
        yield services

    return create_app(settings, run)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that stores no cookies, so that each test sends its own."""
    async with client_of(app) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield client


@pytest.fixture
def add_account(database: Database, hasher: PasswordHasher, clock: FakeClock) -> AddAccount:
    """Stores an account, by default that of Ann, with the id that `caller_headers` proves."""

    async def add(
        email: str = EMAIL, password: str = PASSWORD, role: AccountRole = AccountRole.USER
    ) -> Account:
        return await AccountRepository(database).insert(
            email=email,
            role=role,
            password_hash=await hasher.hash(password),
            now=clock(),
            session=None,
            account_id=ObjectId(account_id_of(email)),
        )

    return add


@pytest.fixture
def log_in(client: httpx2.AsyncClient) -> LogIn:
    """Logs in, by default as Ann."""

    async def log_in(
        email: str = EMAIL,
        password: str = PASSWORD,
        *,
        address: str = "192.0.2.1",
        cookie: bool = False,
    ) -> httpx2.Response:
        return await client.post(
            "/api/login",
            json={"email": email, "password": password, "cookie": cookie},
            headers=caller_headers("", "visitor", address=address),
        )

    return log_in
