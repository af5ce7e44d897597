"""The commands that compare orders-db with products-db, and that make the projection again."""

import sys

import aiohttp

from orders.consumers.replay import products_topic
from orders.dependencies import comparing
from orders.settings import SERVICE, OrdersSettings
from shopkit.storage.mongo import DATABASE, MongoTransactions, connect


async def reconcile(settings: OrdersSettings) -> int:
    """Compare once, have mended what differs, and return 1 where anything did."""
    async with connect(settings, SERVICE) as client, aiohttp.ClientSession() as session:
        services = comparing(
            client[DATABASE], MongoTransactions(client), lambda _rows: None, settings, session
        )
        drift = await services.reconcile.reconcile()
    sys.stdout.write(
        f"products that differ: {len(drift.products)}, orders without the same record: "
        f"{len(drift.unrecorded)}, records without an order: {len(drift.orphans)}\n"
    )
    return 0 if drift.empty else 1


async def rebuild(settings: OrdersSettings) -> int:
    """Make the projection again and return 0."""
    async with (
        connect(settings, SERVICE) as client,
        aiohttp.ClientSession() as session,
        products_topic(settings.kafka_bootstrap_servers) as topic,
    ):
        services = comparing(
            client[DATABASE], MongoTransactions(client), lambda _rows: None, settings, session
        )
        count = await services.rebuild.rebuild(topic)
    sys.stdout.write(f"the projection was made again: {count} products\n")
    return 0
