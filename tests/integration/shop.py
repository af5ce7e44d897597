"""The shop of the integration tests: both databases, and the services that a test runs on them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Protocol

from pymongo.asynchronous.collection import AsyncCollection

import orders.dependencies
import orders.runtime
import products.dependencies
import products.runtime
from orders.models.order import Order
from orders.models.placement import RequestedLine, RequestedOrder
from orders.settings import OrdersSettings
from products.models.change import Change, NewProduct
from products.models.product import Product
from products.services.editing import EditRequest
from products.settings import ProductsSettings
from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import Database, Document
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.deliveries import NOON, an_id
from shopkit.testing.proofs import identity_of

SHOPPER = "aaa@aaa.com"


class Place(Protocol):
    """Places an order with a quantity of each product."""

    async def __call__(
        self, quantities: Mapping[int, int], key: str | None = None, email: str = SHOPPER
    ) -> Order:
        """Return the order."""
        ...


def requested(
    quantities: Mapping[int, int], key: str | None = None, email: str = SHOPPER
) -> RequestedOrder:
    """Return an order by ids, as the web shop requests it."""
    lines = tuple(
        RequestedLine(quantity=quantity, product_id=an_id(number))
        for number, quantity in quantities.items()
    )
    return RequestedOrder(identity_of(email), lines, key)


async def find_one(collection: AsyncCollection[Document], **query: Any) -> Document:
    """Return the document that matches a query, which must exist."""
    document = await collection.find_one(query)
    assert document, f"{collection.name} has no document that matches {query}"
    return document


async def eventually(
    condition: Callable[[], Awaitable[bool]],
    seconds: float = 60,
    condition_name: str = "the condition",
) -> None:
    """Poll until a condition holds, with a deadline."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"{condition_name} did not hold within {seconds} s"
        await asyncio.sleep(0.05)


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
        return orders.dependencies.build(
            self.orders_db,
            transactions(self.orders_db),
            zone=self.orders_settings.shop_time_zone,
        )

    async def lapse_leases(self) -> None:
        """End all leases, so that the sweepers send the messages at once."""
        for database in (self.products_db, self.orders_db):
            await database["outbox"].update_many({}, {"$set": {"leased_until": NOON}})

    async def run_products(self, stack: AsyncExitStack) -> products.dependencies.Services:
        """Run products-ms until the stack is closed."""
        await self.lapse_leases()
        return await stack.enter_async_context(products.runtime.running(self.products_settings))

    async def run_orders(self, stack: AsyncExitStack) -> orders.dependencies.Services:
        """Run orders-ms until the stack is closed. It takes the following orders."""
        await self.lapse_leases()
        services = await stack.enter_async_context(orders.runtime.running(self.orders_settings))
        self.intake = services.intake
        return services

    async def add(self, number: int, quantity: int) -> Product:
        """Add a product at 1.00. Its event stays in the outbox."""
        return await self.add_named(number, f"product {number}", quantity)

    async def add_named(self, number: int, name: str, quantity: int = 10) -> Product:
        """Add a product with a name."""
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
        """Change the stock of a product."""
        change = Change(quantity_delta=delta)
        return (
            await self.products.editing.change(an_id(number), change, EditRequest("tests"))
        ).product

    async def know(self, *known: Product) -> None:
        """Put products into the projection, as their events would."""
        await self.orders.projection.apply_states([product.state for product in known])

    async def stock(self) -> dict[str, int]:
        """Return the stock in products-db, by product name."""
        return {row["name"]: row["quantity"] async for row in self.products_db["products"].find()}

    async def projected(self) -> dict[str, int]:
        """Return the stock in the projection, by product name."""
        return {row["name"]: row["quantity"] async for row in self.orders_db["products"].find()}

    async def statuses(self) -> dict[str, int]:
        """Return the number of orders in orders-db, by status."""
        counts: dict[str, int] = {}
        async for row in self.orders_db["orders"].find({}, {"status": 1}):
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return counts

    async def decisions(self) -> dict[str, int]:
        """Return the number of decisions in products-db, by status."""
        counts: dict[str, int] = {}
        async for row in self.products_db["orders"].find({}, {"status": 1}):
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return counts

    async def settled(self, seconds: float = 30) -> None:
        """Wait until all orders are settled, all messages are sent, and the databases agree."""

        async def quiet() -> bool:
            pending = await self.orders_db["orders"].count_documents(
                {"resend_at": {"$exists": True}}
            )
            unsent = [
                await database["outbox"].count_documents({"unsent": True})
                for database in (self.orders_db, self.products_db)
            ]
            return not pending and not any(unsent) and await self.agree()

        await eventually(quiet, seconds, "settled")

    async def agree(self) -> bool:
        """Return whether the projection equals products-db, document by document."""
        projection = {row["_id"]: row async for row in self.orders_db["products"].find()}
        products = {row["_id"]: row async for row in self.products_db["products"].find()}
        return {
            key: (row["name"], row["price_cents"], row["quantity"], row["archived"], row["version"])
            for key, row in projection.items()
        } == {
            key: (
                row["name"],
                row["price_cents"],
                row["quantity"],
                row["archived"],
                row["details_version"] + row["stock_version"],
            )
            for key, row in products.items()
        }

    async def digest(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything that events can change."""
        collections = {
            "products": (self.products_db, "products"),
            "decisions": (self.products_db, "orders"),
            "orders": (self.orders_db, "orders"),
            "projection": (self.orders_db, "products"),
            "dead letters of orders-ms": (self.orders_db, "dead_letters"),
            "dead letters of products-ms": (self.products_db, "dead_letters"),
        }
        return {
            name: await database[collection].find().sort("_id", 1).to_list()
            for name, (database, collection) in collections.items()
        }
