"""products-ms with a database in memory and a fake clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from bson import ObjectId

from products.dependencies import Services, build
from products.main import create_app
from products.migrations import migrations_for
from products.models.change import NewProduct
from products.models.product import Product
from products.repositories.name_keys import keys_of
from products.services.ready_pages import ReadyPages
from products.settings import ProductsSettings
from shopkit.messaging.outbox import Outbox
from shopkit.settings import Environment
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import client_of, mock_database
from shopkit.testing.databases import BACKENDS, open_database
from shopkit.testing.deliveries import NOON, an_id
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY
from stack import Stack

AddProduct = Callable[..., Awaitable[Product]]

MIGRATIONS = migrations_for("en")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
async def database() -> Database:
    database = mock_database()
    await add_categories(database)
    return database


@pytest.fixture(params=BACKENDS)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database in memory, and a real one."""

    def mongo_url() -> str:
        servers: Stack = request.getfixturevalue("servers")
        return servers.database_url("products")

    async with open_database(request.param, mongo_url, MIGRATIONS) as database:
        await add_categories(database)
        yield database


@pytest.fixture
async def real_database(servers: Stack) -> AsyncIterator[Database]:
    """A real database, for tests of what mongomock lacks. They have the mark `mongod`."""
    mongo_url = servers.database_url("products")
    async with open_database("mongod", lambda: mongo_url, MIGRATIONS) as database:
        await add_categories(database)
        yield database


async def add_categories(database: Database) -> None:
    names = enumerate(("electronics", "kitchen"), start=1)
    await database["categories"].insert_many(
        [
            {"_id": ObjectId(an_id(0xCA00 + number)), "name": name, **keys_of(name)}
            for number, name in names
        ]
    )


@pytest.fixture
def transactions(database: Database, clock: FakeClock) -> FakeTransactions:
    return FakeTransactions(Outbox(database, clock))


class FakeChanges:
    """Stands for the database's log, which mongomock lacks.

    Attributes:
        known: The generation, None if the log cannot be read.
        checks: How often it was asked for.
    """

    def __init__(self) -> None:
        self.known: int | None = None
        self.checks = 0

    async def generation(self) -> int | None:
        self.checks += 1
        return self.known


@pytest.fixture
def changes() -> FakeChanges:
    return FakeChanges()


@pytest.fixture
def services(
    database: Database, transactions: FakeTransactions, clock: FakeClock, changes: FakeChanges
) -> Services:
    return replace(build(database, transactions, clock), pages=ReadyPages(changes))


@pytest.fixture
def add(services: Services, transactions: FakeTransactions) -> AddProduct:
    """Adds product NUMBER, 10 at 1.00 unless said otherwise; its event is not remembered."""

    async def add(number: int, **changes: object) -> Product:
        values: dict[str, object] = {
            "id": an_id(number),
            "name": f"product {number}",
            "description": "",
            "price_cents": 100,
            "quantity": 10,
            "categories": (),
        }
        product = await services.editing.create(NewProduct(**{**values, **changes}), actor="admin")  # type: ignore[arg-type]
        transactions.published.clear()
        return product

    return add


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def run(_settings: ProductsSettings) -> AsyncIterator[Services]:
        yield services

    settings = ProductsSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url="mongodb://127.0.0.1:1",
        kafka_bootstrap_servers="127.0.0.1:1",
        gateway_keys=GATEWAY_KEY.public,
        orders_keys=ORDERS_KEY.public,
    )
    async with client_of(create_app(settings, run)) as client:
        yield client
