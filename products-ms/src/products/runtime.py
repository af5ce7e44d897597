"""Runs the service: its connections, its relay, its consumers, supervised and stopped in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from products.consumers.orders import orders_table
from products.dependencies import Services, build
from products.migrations import MIGRATIONS
from products.settings import SERVICE, ProductsSettings
from shopkit.contract.events import ORDERS_TOPIC
from shopkit.messaging.consumer import Subscription
from shopkit.messaging.event_runtime import EventPath
from shopkit.storage.mongo import DATABASE, MongoTransactions, connect


@asynccontextmanager
async def running(settings: ProductsSettings) -> AsyncIterator[Services]:
    """Connect, run the relay and the consumer, and yield the services; stop all in order."""
    async with connect(settings, SERVICE) as client:
        database = client[DATABASE]
        path = EventPath(settings, SERVICE, client, database, MIGRATIONS)
        services = build(database, MongoTransactions(client), path.hand_over)
        subscription = Subscription(
            settings.kafka_bootstrap_servers, ORDERS_TOPIC, SERVICE, SERVICE
        )
        path.consume(subscription, orders_table(services.decisions))
        async with path:
            yield replace(services, letters=path.letters(services.trail), checks=path.checks)
