"""products-ms and orders-ms in this process, on real databases and a real broker."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from tests.integration.shop import SHOPPER, Place, Shop, eventually, requested

from orders.migrations import MIGRATIONS as ORDERS_MIGRATIONS
from orders.models.order import Order
from orders.repositories.projection import REBUILT_COLLECTION
from orders.settings import OrdersSettings
from products.dependencies import Services
from products.main import create_app
from products.migrations import migrations_for
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.settings import ProductsSettings
from shopkit.contract.topics import TOPICS
from shopkit.messaging.topics import ensure_topics
from shopkit.settings import Environment, MongoSettings
from shopkit.storage import privileges
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.testing.apps import client_of
from shopkit.testing.databases import migrate_and_empty
from shopkit.testing.proofs import GATEWAY_KEY, caller_headers
from stack import Stack


def read_secret(servers: Stack, service: str, variable: str) -> str:
    """Return the secret in the file that a variable of a service names."""
    return Path(servers.environment(service)[variable]).read_text(encoding="utf-8").strip()


def _settings(servers: Stack, service: str) -> dict[str, Any]:
    environment = servers.environment(service)
    return {
        "environment": Environment.DEVELOPMENT,
        "mongo_url": read_secret(servers, service, "MONGO_URL_FILE"),
        "kafka_bootstrap_servers": environment["KAFKA_BOOTSTRAP_SERVERS"],
        "topic_partitions": 3,
        "gateway_keys": GATEWAY_KEY.public,
    }


@pytest.fixture
def products_settings(servers: Stack) -> ProductsSettings:
    orders_keys = read_secret(servers, "products", "ORDERS_KEYS_FILE")
    return ProductsSettings(**_settings(servers, "products"), orders_keys=orders_keys)


@pytest.fixture
def orders_settings(servers: Stack) -> OrdersSettings:
    return OrdersSettings(
        **_settings(servers, "orders"),
        authentication_url="http://127.0.0.1:1",
        products_url="http://127.0.0.1:1",
        proof_key=read_secret(servers, "orders", "PROOF_KEY_FILE"),
        mail="off",
    )


@asynccontextmanager
async def connected_as_owner(servers: Stack, service: str) -> AsyncIterator[Database]:
    """Yield the database of a service, as the user of its migrations."""
    settings = MongoSettings(
        environment=Environment.DEVELOPMENT, mongo_url=servers.database_url(service), port=1
    )
    async with connect(settings, "tests") as client:
        yield client[DATABASE]


@pytest.fixture
async def products_db(servers: Stack) -> AsyncIterator[Database]:
    async with connected_as_owner(servers, "products") as database:
        await migrate_and_empty(database, migrations_for(DEFAULT_LANGUAGE))
        await privileges.grant(database, "products")
        yield database


@pytest.fixture
async def orders_db(servers: Stack) -> AsyncIterator[Database]:
    async with connected_as_owner(servers, "orders") as database:
        await migrate_and_empty(database, ORDERS_MIGRATIONS)
        await privileges.grant(database, "orders", (REBUILT_COLLECTION,))
        yield database


@pytest.fixture
async def empty_topics(products_settings: ProductsSettings) -> None:
    """Create empty topics. Deleting the old ones also deletes the offsets of the groups."""
    admin = AIOKafkaAdminClient(bootstrap_servers=products_settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        names = [topic.name for topic in TOPICS]

        async def gone() -> bool:
            return not set(names) & set(await admin.list_topics())

        present = sorted(set(names) & set(await admin.list_topics()))
        if present:
            await admin.delete_topics(present)
            await eventually(gone)
    finally:
        await admin.close()
    await ensure_topics(products_settings, TOPICS)


@pytest.fixture
def shop(
    products_settings: ProductsSettings,
    orders_settings: OrdersSettings,
    products_db: Database,
    orders_db: Database,
    empty_topics: None,
) -> Shop:
    return Shop(products_settings, orders_settings, products_db, orders_db)


@pytest.fixture
async def running() -> AsyncIterator[AsyncExitStack]:
    """Stops what a test has started, in reverse order."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def place(shop: Shop) -> Place:
    """Places an order in the running service, or in one that crashes after its commit."""

    async def place(
        quantities: Mapping[int, int], key: str | None = None, email: str = SHOPPER
    ) -> Order:
        return (await shop.intake.place(requested(quantities, key, email))).order

    return place


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    """An admin's client of products-ms."""

    @asynccontextmanager
    async def run(_settings: ProductsSettings) -> AsyncIterator[Services]:
        yield shop.products

    async with client_of(create_app(shop.products_settings, run)) as client:
        client.headers.update(caller_headers("admin@admin.com", "admin"))
        yield client
