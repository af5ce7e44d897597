"""Measures what indexes add to the two updates that each order needs.

It runs the databases alone. products-ms takes stock, and orders-ms settles orders, with the code of
the services and in transactions of 50 documents. Then one index after the other is dropped. The
figures are the database's CPU time for a document. The last one is the least that an update costs.
"""

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil
import typer
from bench import harness, past
from bench.consistency import Databases
from bson import ObjectId
from pymongo import AsyncMongoClient

from orders.migrations import MIGRATIONS
from orders.models.order import HistoryEntry, Line, Order
from orders.repositories.orders import OrderRepository
from products.migrations import migrations_for
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.repositories.products import ProductRepository
from shopkit.clock import utc_now
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.storage.mongo import DATABASE, Database, Document
from shopkit.storage.unit_of_work import MongoTransactions, UnitOfWork
from shopkit.testing.databases import migrate_and_empty
from shopkit.tracing.context import TraceContext
from stack import Stack

BATCH = 50
ROUNDS = 100
PRODUCTS = 1_000

Update = Callable[[UnitOfWork], Awaitable[None]]
Prepare = Callable[[Database], Awaitable[Sequence[Update]]]


async def _measure(
    title: str, prepare: Prepare, client: AsyncMongoClient[Document], server: psutil.Process
) -> None:
    updates = await prepare(client[DATABASE])
    transactions = MongoTransactions(client)
    before = sum(server.cpu_times()[:2])
    for update in updates:
        await transactions.run(update)
    spent = sum(server.cpu_times()[:2]) - before
    print(f"  {title:<66}{1e6 * spent / (BATCH * len(updates)):>6.0f} us")


async def _measure_all(stack: Stack, service: str, collection: str, prepare: Prepare) -> None:
    pid = next(status.pid for status in stack.status() if status.name == f"{service}-db")
    server = psutil.Process(pid or 0)
    async with AsyncMongoClient[Document](
        stack.database_url(service), tz_aware=True, w="majority"
    ) as client:
        rows = client[DATABASE][collection]
        await _measure("warm-up", prepare, client, server)
        await _measure("all indexes", prepare, client, server)
        for name in await rows.index_information():
            if name != "_id_":
                await rows.drop_index(name)
                await _measure(f"without {name}", prepare, client, server)


async def take_stock(database: Database) -> Sequence[Update]:
    """Return transactions that take pieces of random products."""
    products = ProductRepository(database)
    ids = [str(row["_id"]) async for row in database["products"].find({}, {"_id": 1})]

    async def take(unit: UnitOfWork) -> None:
        sold = dict.fromkeys(random.sample(ids, BATCH), -1)
        await products.change_stock(sold, utc_now(), session=unit.session)

    return [take] * ROUNDS


async def settle_orders(database: Database) -> Sequence[Update]:
    """Place orders, and return transactions that accept them."""
    orders = OrderRepository(database)

    def settlement(placed: Sequence[Order]) -> Update:
        async def settle(unit: UnitOfWork) -> None:
            changes = [(order, _accepted(order)) for order in placed]
            await orders.update(changes, session=unit.session)

        return settle

    batches = [[_order() for _ in range(BATCH)] for _ in range(ROUNDS)]
    for batch in batches:
        await orders.insert(batch, session=None)
    return [settlement(batch) for batch in batches]


def _order() -> Order:
    shopper = random.randrange(500)
    return Order(
        id=str(ObjectId()),
        email=f"shopper{shopper}@bench.example",
        account_id=f"{shopper:024x}",
        lines=(Line(str(ObjectId()), "mug", 599, 1),),
        history=(HistoryEntry(OrderStatus.PENDING, utc_now()),),
        trace_context=TraceContext("", ""),
    )


def _accepted(order: Order) -> Order:
    outcome = OrderStatusUpdate(order_id=order.id, status=OrderStatus.ACCEPTED)
    return order.with_outcome(outcome, utc_now()) or order


async def _prepare(stack: Stack) -> None:
    for service, steps in (("products", migrations_for(DEFAULT_LANGUAGE)), ("orders", MIGRATIONS)):
        async with AsyncMongoClient[Document](stack.database_url(service)) as client:
            await migrate_and_empty(client[DATABASE], steps)
    with Databases.of(stack) as databases:
        past.add_products(databases, range(PRODUCTS))


def main() -> None:
    """Measure both updates."""
    print(harness.describe_machine(harness.ROOT))
    with tempfile.TemporaryDirectory(dir=harness.ROOT / ".local") as folder:
        stack = Stack.in_folder(Path(folder) / "stack")
        stack.up(["databases"])
        try:
            asyncio.run(_prepare(stack))
            print("products-ms takes stock")
            asyncio.run(_measure_all(stack, "products", "products", take_stock))
            print("orders-ms settles orders")
            asyncio.run(_measure_all(stack, "orders", "orders", settle_orders))
        finally:
            stack.down()


if __name__ == "__main__":
    typer.run(main)
