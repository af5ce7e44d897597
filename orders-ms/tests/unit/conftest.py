"""orders-ms with a database in memory and a fake clock."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2
import pytest

from orders.dependencies import Services, build
from orders.main import create_app
from orders.migrations import MIGRATIONS
from orders.models.order import Order
from orders.models.placement import RequestedLine, RequestedOrder
from orders.settings import OrdersSettings
from shopkit.contract.events import ProductState
from shopkit.messaging.outbox import Outbox
from shopkit.settings import Environment
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import client_of, mock_database
from shopkit.testing.databases import BACKENDS, open_database
from shopkit.testing.deliveries import NOON, an_id
from stack import Stack

SHOPPER = "aaa@aaa.com"

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def database() -> Database:
    return mock_database()


@pytest.fixture(params=BACKENDS)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database in memory, and a real one."""

    def mongo_url() -> str:
        servers: Stack = request.getfixturevalue("servers")
        return servers.database_url("orders")

    async with open_database(request.param, mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
async def real_database(servers: Stack) -> AsyncIterator[Database]:
    """A real database, for tests of what mongomock lacks. They have the mark `mongod`."""
    mongo_url = servers.database_url("orders")
    async with open_database("mongod", lambda: mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
def transactions(database: Database, clock: FakeClock) -> FakeTransactions:
    return FakeTransactions(Outbox(database, clock))


@pytest.fixture
def services(database: Database, transactions: FakeTransactions, clock: FakeClock) -> Services:
    return build(database, transactions, clock)


@pytest.fixture
def settings() -> OrdersSettings:
    return OrdersSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url="mongodb://127.0.0.1:1",
        kafka_bootstrap_servers="127.0.0.1:1",
        products_url="http://127.0.0.1:1",
    )


@pytest.fixture
def know(services: Services) -> Know:
    """Puts products into the projection as their events would."""

    async def know(*states: ProductState) -> None:
        await services.projection.apply_states(states)

    return know


@pytest.fixture
def place(services: Services, transactions: FakeTransactions) -> Place:
    """Takes an order of so many of each product; its event is not remembered."""

    async def place(
        quantities: Mapping[int, int], email: str = SHOPPER, key: str | None = None
    ) -> Order:
        lines = tuple(
            RequestedLine(quantity=count, product_id=an_id(number))
            for number, count in quantities.items()
        )
        order = (await services.intake.place(RequestedOrder(email, lines, key))).order
        transactions.published.clear()
        return order

    return place


@pytest.fixture
async def client(services: Services, settings: OrdersSettings) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def run(_settings: OrdersSettings) -> AsyncIterator[Services]:
        yield services

    async with client_of(create_app(settings, run)) as client:
        yield client
