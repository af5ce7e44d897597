"""products-ms and orders-ms in this process, on real databases and a real broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

import orders.dependencies
import orders.runtime
import products.dependencies
import products.runtime
from orders.migrations import MIGRATIONS as ORDERS_MIGRATIONS
from orders.models.order import Order
from orders.models.placement import RequestedLine, RequestedOrder
from orders.settings import OrdersSettings
from products.migrations import MIGRATIONS as PRODUCTS_MIGRATIONS
from products.models.change import Change, NewProduct
from products.models.product import Product
from products.services.editing import EditRequest
from products.settings import ProductsSettings
from shopkit.contract.topics import TOPICS
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.topics import ensure_topics
from shopkit.settings import Environment
from shopkit.storage import migrations
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.deliveries import NOON, an_id
from stack import Stack

SHOPPER = "aaa@aaa.com"


def _settings(servers: Stack, service: str) -> dict[str, Any]:
    environment = servers.environment(service)
    return {
        "environment": Environment.DEVELOPMENT,
        "mongo_url": Path(environment["MONGO_URL_FILE"]).read_text(encoding="utf-8").strip(),
        "kafka_bootstrap_servers": environment["KAFKA_BOOTSTRAP_SERVERS"],
        "topic_partitions": 3,
    }


@pytest.fixture
def products_settings(servers: Stack) -> ProductsSettings:
    return ProductsSettings(**_settings(servers, "products"))


@pytest.fixture
def orders_settings(servers: Stack) -> OrdersSettings:
    return OrdersSettings(**_settings(servers, "orders"), products_url="http://127.0.0.1:1")


async def _emptied(database: Database, steps: Iterable[migrations.Migration]) -> None:
    await migrations.apply(database, list(steps))
    for name in await database.list_collection_names(filter={"type": "collection"}):
        if name not in {"migrations", "system.views"}:
            await database[name].delete_many({})


@pytest.fixture
async def products_db(products_settings: ProductsSettings) -> AsyncIterator[Database]:
    async with connect(products_settings, "tests") as client:
        await _emptied(client[DATABASE], PRODUCTS_MIGRATIONS)
        yield client[DATABASE]


@pytest.fixture
async def orders_db(orders_settings: OrdersSettings) -> AsyncIterator[Database]:
    async with connect(orders_settings, "tests") as client:
        await _emptied(client[DATABASE], ORDERS_MIGRATIONS)
        yield client[DATABASE]


async def eventually(
    condition: Callable[[], Awaitable[bool]], seconds: float = 20, what: str = "it"
) -> None:
    """Poll until a condition holds, with a deadline."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        await asyncio.sleep(0.05)


@pytest.fixture
async def empty_topics(products_settings: ProductsSettings) -> None:
    """Topics without a message; groups forget where they were with the topics."""
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


def transactions(database: Database) -> MongoTransactions:
    """Return transactions whose messages stay in the outbox."""
    return MongoTransactions(database.client, Outbox(database))


class Shop:
    """Both databases, and the services that a test runs on them."""

    def __init__(
        self,
        products_settings: ProductsSettings,
        orders_settings: OrdersSettings,
        products_db: Database,
        orders_db: Database,
    ) -> None:
        self.products_settings = products_settings
        self.orders_settings = orders_settings
        self.products_db = products_db
        self.orders_db = orders_db
        # For adding products and placing orders without a running service: messages stay in the
        # outbox, as if the process crashed after its commit.
        self.products = self.another_products()
        self.orders = self.another_orders()
        self.intake = self.orders.intake

    def another_products(self) -> products.dependencies.Services:
        """Return the services of a replica without a relay."""
        return products.dependencies.build(self.products_db, transactions(self.products_db))

    def another_orders(self) -> orders.dependencies.Services:
        """Return the services of a replica without a relay."""
        return orders.dependencies.build(self.orders_db, transactions(self.orders_db))

    async def lapse_leases(self) -> None:
        """Let the sweeper have what a test has put into the outboxes, at once."""
        for database in (self.products_db, self.orders_db):
            await database["outbox"].update_many({}, {"$set": {"leased_until": NOON}})

    async def run_products(self, until: AsyncExitStack) -> products.dependencies.Services:
        await self.lapse_leases()
        return await until.enter_async_context(products.runtime.running(self.products_settings))

    async def run_orders(self, until: AsyncExitStack) -> orders.dependencies.Services:
        await self.lapse_leases()
        services = await until.enter_async_context(orders.runtime.running(self.orders_settings))
        self.intake = services.intake
        return services

    async def add(self, number: int, quantity: int) -> Product:
        """Add a product at 1.00 whose event waits in the outbox."""
        return await self.add_named(number, f"product {number}", quantity)

    async def add_named(self, number: int, name: str, quantity: int = 10) -> Product:
        """Add a product of any name."""
        return await self.products.editing.create(
            NewProduct(
                id=an_id(number),
                name=name,
                description="",
                price_cents=100,
                quantity=quantity,
                categories=(),
            ),
            actor="tests",
        )

    async def restock(self, number: int, delta: int) -> Product:
        """Change a product's stock."""
        change = Change(quantity_delta=delta)
        return (
            await self.products.editing.change(an_id(number), change, EditRequest("tests"))
        ).product

    async def know(self, *added: Product) -> None:
        """Put products into the projection as their events would."""
        await self.orders.projection.apply_states([product.state for product in added])

    async def stock(self) -> dict[str, int]:
        return {row["name"]: row["quantity"] async for row in self.products_db["products"].find()}

    async def projected(self) -> dict[str, int]:
        return {row["name"]: row["quantity"] async for row in self.orders_db["products"].find()}

    async def statuses(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        async for row in self.orders_db["orders"].find({}, {"status": 1}):
            counted[row["status"]] = counted.get(row["status"], 0) + 1
        return counted

    async def stubs(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        async for row in self.products_db["orders"].find({}, {"status": 1}):
            counted[row["status"]] = counted.get(row["status"], 0) + 1
        return counted

    async def settled(self, seconds: float = 30) -> None:
        """Wait until no order is pending, no cancellation unconfirmed, and both outboxes empty."""

        async def quiet() -> bool:
            pending = await self.orders_db["orders"].count_documents(
                {"resend_at": {"$exists": True}}
            )
            unsent = [
                await database["outbox"].count_documents({"unsent": True})
                for database in (self.orders_db, self.products_db)
            ]
            return not pending and not any(unsent) and await self.agree()

        await eventually(quiet, seconds, "quiet")

    async def agree(self) -> bool:
        """Whether the projection is what products-db says, document by document."""
        here = {row["_id"]: row async for row in self.orders_db["products"].find()}
        there = {row["_id"]: row async for row in self.products_db["products"].find()}
        return {
            key: (row["name"], row["price_cents"], row["quantity"], row["archived"], row["version"])
            for key, row in here.items()
        } == {
            key: (
                row["name"],
                row["price_cents"],
                row["quantity"],
                row["archived"],
                row["details_version"] + row["stock_version"],
            )
            for key, row in there.items()
        }

    async def digest(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that events can change, to be compared."""
        kept = {
            "products": (self.products_db, "products"),
            "stubs": (self.products_db, "orders"),
            "orders": (self.orders_db, "orders"),
            "projection": (self.orders_db, "products"),
            "parked here": (self.orders_db, "dead_letters"),
            "parked there": (self.products_db, "dead_letters"),
        }
        return {
            name: await database[collection].find().sort("_id", 1).to_list()
            for name, (database, collection) in kept.items()
        }


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
    """Ends what a test has started, last first."""
    async with AsyncExitStack() as until:
        yield until


@pytest.fixture(name="wanted")
def wanted_fixture() -> Callable[..., RequestedOrder]:
    """Makes an order by ids, as the web shop asks for it."""
    return wanted


def wanted(
    quantities: Mapping[int, int], key: str | None = None, email: str = SHOPPER
) -> RequestedOrder:
    lines = tuple(
        RequestedLine(quantity=count, product_id=an_id(number))
        for number, count in quantities.items()
    )
    return RequestedOrder(email, lines, key)


@pytest.fixture
def place(shop: Shop) -> Callable[..., Awaitable[Order]]:
    """Takes an order by the running service, else by one that dies after its commit."""

    async def place(
        quantities: Mapping[int, int], key: str | None = None, email: str = SHOPPER
    ) -> Order:
        return (await shop.intake.place(wanted(quantities, key, email))).order

    return place
