"""Measures how deciding orders scales with the number of replicas while everybody buys one product.

Each decider is a process that decides batches of orders with products-ms's own code on a real
database, as fast as it can. `spread` gives orders of one product to all deciders. `one partition`
gives them to a single decider, as the partition key of orders does, in larger batches.
"""

import asyncio
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from bson import ObjectId

from products.dependencies import build
from products.migrations import MIGRATIONS
from products.models.product import Product
from products.repositories.products import ProductRepository
from products.settings import ProductsSettings
from shopkit.clock import utc_now
from shopkit.contract.events import OrderCreate, OrderLine, OrderSnapshot
from shopkit.messaging.envelope import Delivery
from shopkit.messaging.outbox import Outbox
from shopkit.settings import Environment
from shopkit.storage.mongo import DATABASE, connect
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.databases import migrate_and_empty
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY
from shopkit.tracing.context import TraceContext
from stack import Stack

HOT_PRODUCT = f"{1:024x}"
DESCRIPTION = "a few words " * 20
CASES = {
    "one partition, 1 decider": (1, 50),
    "one partition, 1 decider, large batches": (1, 200),
    "spread, 2 deciders": (2, 50),
    "spread, 4 deciders": (4, 50),
}


@dataclass(frozen=True)
class Result:
    """What a decider did: orders, the longest batch in seconds, and CPU seconds."""

    orders: int
    slowest: float
    cpu: float


def _settings(mongo_url: str) -> ProductsSettings:
    return ProductsSettings(
        environment=Environment.DEVELOPMENT,
        port=1,
        mongo_url=mongo_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        gateway_keys=GATEWAY_KEY.public,
        orders_keys=ORDERS_KEY.public,
    )


async def _prepare(mongo_url: str) -> None:
    now = utc_now()
    async with connect(_settings(mongo_url), "bench") as client:
        await migrate_and_empty(client[DATABASE], MIGRATIONS)
        product = Product(
            id=HOT_PRODUCT,
            name="hot product",
            description=DESCRIPTION,
            price_cents=1,
            quantity=10**9,
            categories=(),
            archived=False,
            picture=None,
            details_version=1,
            stock_version=1,
            created_at=now,
            updated_at=now,
        )
        await ProductRepository(client[DATABASE]).insert(product, session=None)


def _order() -> Delivery[OrderCreate]:
    line = OrderLine(product_id=HOT_PRODUCT, name="hot product", price_cents=1, quantity=1)
    order = OrderSnapshot(id=str(ObjectId()), lines=(line,))
    return Delivery(OrderCreate(order=order), TraceContext("", ""), utc_now())


async def _decide(mongo_url: str, batch: int, seconds: float) -> Result:
    async with connect(_settings(mongo_url), "bench") as client:
        database = client[DATABASE]
        services = build(database, MongoTransactions(client, Outbox(database)))
        orders, slowest, cpu, deadline = 0, 0.0, time.process_time(), time.monotonic() + seconds
        while (began := time.monotonic()) < deadline:
            await services.decisions.decide([_order() for _ in range(batch)])
            orders += batch
            slowest = max(slowest, time.monotonic() - began)
        return Result(orders, slowest, time.process_time() - cpu)


def _run(job: tuple[str, int, float]) -> Result:
    return asyncio.run(_decide(*job))


def main(seconds: Annotated[float, typer.Option(help="Duration of each case.")] = 10.0) -> None:
    """Measure each case and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack.in_folder(Path(folder) / "stack")
        stack.up(["databases"])
        try:
            url = stack.database_url("products")
            print(f"{'':<42}{'orders/s':>10}{'slowest batch':>15}{'CPU an order':>14}")
            for name, (deciders, batch) in CASES.items():
                asyncio.run(_prepare(url))
                with multiprocessing.get_context("spawn").Pool(deciders) as pool:
                    results = pool.map(_run, [(url, batch, seconds)] * deciders)
                orders = sum(result.orders for result in results)
                slowest = max(result.slowest for result in results)
                cpu = 1000 * sum(result.cpu for result in results) / orders
                print(f"{name:<42}{orders / seconds:>10,.0f}{slowest:>13.2f} s{cpu:>11.2f} ms")
        finally:
            stack.down()


if __name__ == "__main__":
    typer.run(main)
