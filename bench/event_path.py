"""Compares the event path with a bare script that writes and sends the same over the same servers.

The event path is what follows the HTTP request of an order: orders-ms stores it, products-ms
decides it, orders-ms settles it and updates the projection. The intake runs in this process, the
rest in the services. The bare script has no services: it writes the same documents with the same
indexes in transactions of as many orders as the services had on average, and sends the same number
of messages of the same size. It shows what the databases and Kafka cost alone.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from bench import harness, past, results
from bench.consistency import Databases, find_inconsistencies
from bench.full_load import add_many_products
from bench.harness import Costs, Figure, Shop
from bson import ObjectId
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.write_concern import WriteConcern

from orders.dependencies import build
from orders.migrations import MIGRATIONS
from orders.models.placement import RequestedLine, RequestedOrder
from products.migrations import migrations_for
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.repositories.products import document_of
from shopkit.clock import utc_now
from shopkit.identity import Identity, Role
from shopkit.loops import Loops
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.producer import KafkaSender
from shopkit.messaging.relay import Relay
from shopkit.storage.mongo import DATABASE, Database, Document
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.databases import migrate_and_empty

CONCURRENT = 200
"""How many orders the intake is given at a time."""
BATCHES = (50, 200)
"""More sizes for the bare script."""
BARE = "bare"
TOPICS = ORDERS, STATUSES, PRODUCTS = ("bare.orders", "bare.statuses", "bare.products")
PARTITIONS = 12
EVENT = os.urandom(400)
"""The content of a message, of the size of an order with one line."""

Client = AsyncMongoClient[Document]


@dataclass(frozen=True)
class Result:
    """How fast orders were settled.

    Attributes:
        rate: Orders settled a second.
        milliseconds: The CPU time of all programs for an order.
    """

    rate: float
    milliseconds: float


def _client(shop: Shop, service: str) -> Client:
    address = shop.stack.database_url(service, root=True)
    return AsyncMongoClient(address, tz_aware=True, readConcernLevel="majority", w="majority")


async def _commits(client: Client) -> int:
    status = await client.admin.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])


async def place_orders(shop: Shop, product_ids: Sequence[str], seconds: float) -> int:
    """Give orders to the intake for a time, and return how many it took."""
    deadline = time.monotonic() + seconds
    placed = 0
    async with _client(shop, "orders") as client:
        sender = KafkaSender({"bootstrap_servers": _brokers(shop)}, "bench")
        relay = Relay(Outbox(client[DATABASE]), sender)
        transactions = MongoTransactions(client, Outbox(client[DATABASE]), relay.hand_over)
        intake = build(client[DATABASE], transactions).intake

        async def place(number: int) -> None:
            nonlocal placed
            shopper = Identity(f"{number:024x}", f"shopper{number}@bench.example", Role.USER)
            while time.monotonic() < deadline:
                line = RequestedLine(quantity=1, product_id=random.choice(product_ids))
                await intake.place(RequestedOrder(shopper, (line,)))
                placed += 1

        async with Loops({"relay": relay.run}):
            await asyncio.gather(*map(place, range(CONCURRENT)))
            await relay.drain(10)
        await sender.close()
    return placed


async def measure_services(
    shop: Shop, databases: Databases, product_ids: Sequence[str], seconds: float
) -> tuple[Result, int]:
    """Return the result of the services, and the average number of orders in a transaction."""
    async with _client(shop, "products") as products:
        await place_orders(shop, product_ids, 3)
        await asyncio.to_thread(databases.wait_until_settled)
        commits = await _commits(products)
        costs, began = Costs(shop.stack), time.monotonic()
        placed = await place_orders(shop, product_ids, seconds)
        await asyncio.to_thread(databases.wait_until_settled)
        result = Result(placed / (time.monotonic() - began), costs.milliseconds(placed))
        return result, round(placed / (await _commits(products) - commits))


def _brokers(shop: Shop) -> str:
    return f"127.0.0.1:{shop.stack.settings.ports['kafka']}"


class BareScript:
    """Takes, decides and settles orders without services.

    Args:
        orders: The server of orders-db.
        products: The server of products-db.
        brokers: The addresses of the brokers.
        product_ids: The products.
        batch: How many orders share a transaction.
    """

    def __init__(
        self, orders: Client, products: Client, brokers: str, product_ids: Sequence[str], batch: int
    ) -> None:
        self._orders, self._products = orders, products
        self._brokers = brokers
        self._product_ids = product_ids
        self._batch = batch
        self._orders_by_key: dict[bytes, dict[str, Any]] = {}
        self._taken = self._settled = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the deciders, and what settles orders and updates the projection."""
        async with (
            AIOKafkaProducer(
                bootstrap_servers=self._brokers,
                acks="all",
                enable_idempotence=True,
                linger_ms=2,
                max_batch_size=256 * 1024,
            ) as self._producer,
            self._consuming(ORDERS, self._decide),
            self._consuming(STATUSES, self._settle),
            self._consuming(PRODUCTS, self._project),
        ):
            yield

    async def settle_orders(self, seconds: float) -> int:
        """Take orders for a time, wait until they are settled, and return their number."""
        before, deadline = self._settled, time.monotonic() + seconds
        while time.monotonic() < deadline:
            await self._take()
            await self._until_open(2 * self._batch)
        await self._until_open(0)
        return self._settled - before

    async def _until_open(self, count: int) -> None:
        """Wait until at most so many orders are open."""
        while self._taken - self._settled > count:
            await asyncio.sleep(0.001)

    @asynccontextmanager
    async def _consuming(
        self, topic: str, apply: Callable[[Sequence[bytes]], Awaitable[None]]
    ) -> AsyncIterator[None]:
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self._brokers,
            group_id=topic,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

        async def consume() -> None:
            committed_at = time.monotonic()
            while True:
                batches = await consumer.getmany(timeout_ms=500, max_records=self._batch)
                keys = [record.key for records in batches.values() for record in records]
                if keys:
                    await apply(keys)
                if time.monotonic() > committed_at + 0.5:
                    await consumer.commit()
                    committed_at = time.monotonic()

        async with consumer, asyncio.TaskGroup() as tasks:
            task = tasks.create_task(consume())
            yield
            task.cancel()
            await asyncio.wait([task])
            # A later run must not read these messages again.
            await consumer.commit()

    async def _take(self) -> None:
        orders = [_order(random.choice(self._product_ids)) for _ in range(self._batch)]
        self._orders_by_key |= {order["_id"].binary: order for order in orders}
        ids = [order["_id"] for order in orders]
        rows = _outbox_rows(ids)
        database = self._orders[BARE]
        async with _transaction(self._orders) as session:
            await database["orders"].insert_many(orders, session=session)
            await database["outbox"].insert_many(rows, session=session)
        self._taken += len(orders)
        await self._send(database, {ORDERS: ids}, rows)

    async def _decide(self, keys: Sequence[bytes]) -> None:
        orders = [self._orders_by_key.pop(key) for key in keys]
        ids = [order["_id"] for order in orders]
        sold = Counter(order["products"][0]["product_id"] for order in orders)
        rows = _outbox_rows([*ids, *sold])
        database, now = self._products[BARE], utc_now()
        async with _transaction(self._products) as session:
            await database["orders"].find({"_id": {"$in": ids}}, session=session).to_list()
            wanted = {"_id": {"$in": list(sold)}}
            fields = {"name": 1, "price_cents": 1, "quantity": 1, "archived": 1}
            await database["products"].find(wanted, fields, session=session).to_list()
            changes = [_stock_change(id_, count, now) for id_, count in sold.items()]
            await database["products"].bulk_write(changes, session=session)
            decisions = [past.decision_of(order) for order in orders]
            await database["orders"].insert_many(decisions, session=session)
            await database["outbox"].insert_many(rows, session=session)
        await self._send(database, {STATUSES: ids, PRODUCTS: list(sold)}, rows)

    async def _settle(self, keys: Sequence[bytes]) -> None:
        ids = [ObjectId(key) for key in keys]
        orders, now = self._orders[BARE]["orders"], utc_now()
        async with _transaction(self._orders) as session:
            await orders.find({"_id": {"$in": ids}}, session=session).to_list()
            history = [{"status": status, "at": now} for status in ("PENDING", "ACCEPTED")]
            change = {
                "$set": {
                    "status": "ACCEPTED",
                    "history": history,
                    "changed_at": now,
                    "updated_at": now,
                },
                "$unset": {"resend_at": "", "resend_delay_seconds": ""},
            }
            await orders.bulk_write(
                [UpdateOne({"_id": id_, "status": "PENDING"}, change) for id_ in ids],
                session=session,
            )
        self._settled += len(keys)

    async def _project(self, keys: Sequence[bytes]) -> None:
        changes = [
            UpdateOne({"_id": ObjectId(key)}, {"$inc": {"quantity": -1, "version": 1}})
            for key in keys
        ]
        await self._orders[BARE]["products"].bulk_write(changes, ordered=False)

    async def _send(
        self,
        database: Database,
        keys: Mapping[str, Sequence[ObjectId]],
        rows: Sequence[Document],
    ) -> None:
        sent = [
            await self._producer.send(topic, EVENT, key=id_.binary)
            for topic, ids in keys.items()
            for id_ in ids
        ]
        await asyncio.gather(*sent)
        outbox = database.get_collection("outbox", write_concern=WriteConcern(w=1))
        await outbox.update_many(
            {"_id": {"$in": [row["_id"] for row in rows]}},
            {"$set": {"sent_at": utc_now()}, "$unset": {"unsent": ""}},
        )


@asynccontextmanager
async def _transaction(client: Client) -> AsyncIterator[Any]:
    async with client.start_session() as session, await session.start_transaction():
        yield session


def _order(product_id: str) -> dict[str, Any]:
    now = utc_now()
    document = past.order_of(now, random.randrange(500), [product_id])
    return {
        **document,
        "status": "PENDING",
        "history": document["history"][:1],
        "resend_at": now,
        "resend_delay_seconds": 30,
    }


def _outbox_rows(ids: Sequence[ObjectId]) -> list[dict[str, Any]]:
    now = utc_now()
    return [
        {
            "_id": f"{id_}/{ObjectId()}",
            "type": "OrderCreate",
            "topic": ORDERS,
            "key": str(id_),
            "partition_key": str(id_),
            "value": EVENT,
            "source": "bench",
            "time": now,
            "request_id": "",
            "traceparent": "",
            "kept": False,
            "attempts": 0,
            "unsent": True,
            "leased_until": now,
            "leased_by": "bench",
        }
        for id_ in ids
    ]


def _stock_change(product_id: ObjectId, count: int, now: datetime) -> UpdateOne:
    return UpdateOne(
        {"_id": product_id, "quantity": {"$gte": count}, "archived": False},
        {"$inc": {"quantity": -count, "stock_version": 1}, "$set": {"updated_at": now}},
    )


async def measure_bare(shop: Shop, batch: int, seconds: float) -> Result:
    """Return the result of the bare script with so many orders in a transaction."""
    async with _client(shop, "orders") as orders, _client(shop, "products") as products:
        await migrate_and_empty(orders[BARE], MIGRATIONS)
        await migrate_and_empty(products[BARE], migrations_for(DEFAULT_LANGUAGE))
        added = past.make_products(range(harness.PRODUCTS))
        await products[BARE]["products"].insert_many([document_of(product) for product in added])
        await orders[BARE]["products"].insert_many([past.state_of(product) for product in added])
        ids = [product.id for product in added]
        script = BareScript(orders, products, _brokers(shop), ids, batch)
        async with script.running():
            await script.settle_orders(3)
            costs, began = Costs(shop.stack), time.monotonic()
            settled = await script.settle_orders(seconds)
            return Result(settled / (time.monotonic() - began), costs.milliseconds(settled))


async def create_topics(shop: Shop) -> None:
    """Create the topics of the bare script, as those of the services are."""
    admin = AIOKafkaAdminClient(bootstrap_servers=_brokers(shop))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in TOPICS])
    finally:
        await admin.close()


async def measure(
    shop: Shop, databases: Databases, seconds: float
) -> tuple[list[Figure], list[str]]:
    """Return the figures of both, and the inconsistencies between the services' databases."""
    ids, stocks = await add_many_products(shop, databases)
    path, batch = await measure_services(shop, databases, list(ids.values()), seconds)
    problems = find_inconsistencies(databases, stocks)
    await create_topics(shop)
    figures = [
        Figure("orders in a transaction of products-ms, on average", batch, ""),
        Figure("event path", path.rate, "/s"),
        Figure("CPU for an order, event path", path.milliseconds, "ms"),
    ]
    for size in dict.fromkeys((batch, *BATCHES)):
        bare = await measure_bare(shop, size, seconds)
        figures += [
            Figure(f"bare script, {size} orders in a transaction", bare.rate, "/s"),
            Figure("CPU for an order, bare script", bare.milliseconds, "ms"),
        ]
        if size == batch:
            ratio = path.rate / bare.rate
            figures.append(Figure("event path / bare script", ratio, "", 0.6))
    return figures, problems


def main(
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 20,
) -> None:
    """Measure the event path and the bare script."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures, problems = uvloop.run(measure(shop, databases, seconds))
    results.finish("event_path", figures, problems, holds="C1, C3 and C7 hold")


if __name__ == "__main__":
    typer.run(main)
