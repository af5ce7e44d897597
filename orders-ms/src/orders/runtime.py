"""Runs the service: its connections, its relay, its consumers, supervised and stopped in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.dependencies import Services, build, comparing
from orders.migrations import MIGRATIONS
from orders.settings import SERVICE, OrdersSettings
from shopkit.contract.events import ORDER_STATUS_TOPIC, PRODUCTS_TOPIC
from shopkit.loops import every, forgiving
from shopkit.messaging.consumer import Subscription
from shopkit.messaging.event_runtime import EventPath
from shopkit.storage.mongo import DATABASE, MongoTransactions, connect, is_temporary
from shopkit.tracing import spans

RESEND_SECONDS = 1.0
READ_AGAIN_SECONDS = 0.5


def is_away(error: BaseException) -> bool:
    """Whether the database or products-ms is away for the moment."""
    return is_temporary(error) or isinstance(error, (aiohttp.ClientError, TimeoutError))


@asynccontextmanager
async def running(settings: OrdersSettings) -> AsyncIterator[Services]:
    """Connect, run the relay and the consumers, and yield the services; stop all in order."""
    async with connect(settings, SERVICE) as client, aiohttp.ClientSession() as session:
        database = client[DATABASE]
        path = EventPath(settings, SERVICE, client, database, MIGRATIONS)
        services = build(database, MongoTransactions(client), path.hand_over)
        servers = settings.kafka_bootstrap_servers
        path.consume(
            Subscription(servers, PRODUCTS_TOPIC, SERVICE, SERVICE),
            products_table(services.projection),
        )
        path.consume(
            Subscription(servers, ORDER_STATUS_TOPIC, SERVICE, SERVICE),
            status_table(services.orders),
        )
        resend = forgiving(services.resend.resend, is_temporary)
        path.run_beside("resend", every(RESEND_SECONDS, resend))
        compare = comparing(
            database, MongoTransactions(client), path.hand_over, settings, session
        ).reconcile.reconcile
        followed = spans.followed("reconcile", compare)
        reconcile = forgiving(followed, is_away)
        path.run_beside("reconcile", every(settings.reconcile_seconds, reconcile))
        live = services.live
        path.run_beside("live reader", every(READ_AGAIN_SECONDS, forgiving(live.read, is_away)))
        path.run_beside("live dispatcher", every(0, forgiving(live.dispatch, is_away)))
        async with path:
            letters = path.letters(services.trail)
            yield replace(services, letters=letters, checks=path.checks)
            await services.intake.drain()
