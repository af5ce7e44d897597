"""What lives as long as the service is built here, and handed down."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import Depends, Request
from shopkit.clock import Clock, utc_now
from shopkit.consumer import Subscription
from shopkit.event_path import EventPath
from shopkit.events import ORDER_STATUS_TOPIC, PRODUCTS_TOPIC
from shopkit.health import Check
from shopkit.loops import every, forgiving
from shopkit.mongo import (
    DATABASE,
    Database,
    MongoTransactions,
    Transactions,
    connect,
    is_temporary,
)
from shopkit.outbox import HandOver, Outbox

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.migrations import MIGRATIONS
from orders.repositories.keys import KeyRepository
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from orders.repositories.ticks import TickRepository
from orders.services.intake import IntakeService
from orders.services.orders import OrderService
from orders.services.projection import ProjectionService
from orders.services.resend import ResendService
from orders.settings import OrdersSettings

SERVICE = "orders-ms"
RESEND_SECONDS = 1.0


@dataclass(frozen=True)
class Services:
    """What controllers and consumers call."""

    intake: IntakeService
    orders: OrderService
    projection: ProjectionService
    resend: ResendService
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database, transactions: Transactions, hand_over: HandOver, clock: Clock = utc_now
) -> Services:
    """Return the services on top of a database."""
    orders = OrderRepository(database)
    projection = ProjectionRepository(database)
    outbox = Outbox(database, clock)
    return Services(
        intake=IntakeService(
            transactions=transactions,
            orders=orders,
            keys=KeyRepository(database),
            projection=projection,
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
        ),
        orders=OrderService(
            transactions=transactions,
            orders=orders,
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
        ),
        projection=ProjectionService(transactions, projection),
        resend=ResendService(
            transactions=transactions,
            orders=orders,
            ticks=TickRepository(database),
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
        ),
    )


@asynccontextmanager
async def running(settings: OrdersSettings) -> AsyncIterator[Services]:
    """Connect, run the relay and the consumers, and yield the services; stop all in order."""
    async with connect(settings, SERVICE) as client:
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
        async with path:
            yield replace(services, checks=path.checks)
            await services.intake.drain()


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _intake(services: Annotated[Services, Depends(_services)]) -> IntakeService:
    return services.intake


def _orders(services: Annotated[Services, Depends(_services)]) -> OrderService:
    return services.orders


Intake = Annotated[IntakeService, Depends(_intake)]
Orders = Annotated[OrderService, Depends(_orders)]
