"""Runs the service: its connections, relay, consumer and periodic jobs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from products.consumers.orders import orders_table
from products.dependencies import Services, build
from products.migrations import migrations_for
from products.settings import SERVICE, ProductsSettings
from shopkit.contract.events import ORDERS_TOPIC
from shopkit.contract.topics import TOPICS
from shopkit.loops import every, skip_temporary_errors
from shopkit.messaging.dead_letter_service import dead_letters_of
from shopkit.messaging.event_runtime import EventRuntime
from shopkit.messaging.outbox import Outbox
from shopkit.release import digest_of
from shopkit.storage.mongo import DATABASE, DatabaseClock, connect, is_temporary
from shopkit.storage.unit_of_work import MongoTransactions

COLLECT_SECONDS = 60.0
"""How often to check some files of pictures."""
REFRESH_SECONDS = 5.0
"""How often to look whether products are outdated."""


@asynccontextmanager
async def running(settings: ProductsSettings) -> AsyncIterator[Services]:
    """Run the service and yield its services. Stop everything in order afterwards."""
    clock = DatabaseClock()
    async with connect(settings, SERVICE, clock) as client:
        database = client[DATABASE]
        runtime = EventRuntime(
            settings,
            SERVICE,
            client,
            database,
            migration_list=migrations_for(settings.shop_language),
            topics=TOPICS,
            clock=clock,
            release=digest_of("products", "shopkit"),
        )
        services = build(database, runtime.transactions, clock, settings.shop_language)
        tables = {ORDERS_TOPIC: orders_table(services.decisions)}
        runtime.add_consumer(ORDERS_TOPIC, tables[ORDERS_TOPIC])
        collect = skip_temporary_errors(services.picture_collector.collect, is_temporary)
        runtime.add_loop("pictures", every(COLLECT_SECONDS, collect))
        refresh = skip_temporary_errors(services.refresh.refresh, is_temporary)
        runtime.add_loop("refresh", every(REFRESH_SECONDS, refresh))
        async with runtime:
            yield replace(
                services,
                dead_letters=dead_letters_of(
                    database, runtime.transactions, tables, services.trail, clock
                ),
                checks=runtime.checks,
            )


@asynccontextmanager
async def connected(settings: ProductsSettings) -> AsyncIterator[Services]:
    """Yield the services without their loops, for a command next to the running service."""
    clock = DatabaseClock()
    async with connect(settings, SERVICE, clock) as client:
        database = client[DATABASE]
        transactions = MongoTransactions(client, Outbox(database, clock))
        services = build(database, transactions, clock, settings.shop_language)
        tables = {ORDERS_TOPIC: orders_table(services.decisions)}
        letters = dead_letters_of(database, transactions, tables, services.trail, clock)
        yield replace(services, dead_letters=letters)
