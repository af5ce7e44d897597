"""What lives as long as the service is built here, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import aiohttp
from fastapi import Depends, Request

from orders.repositories.orders import OrderRepository
from orders.repositories.projection import BESIDE, ProjectionRepository
from orders.repositories.remote import RemoteProducts
from orders.repositories.ticks import TickRepository
from orders.services.intake import IntakeService
from orders.services.orders import OrderService
from orders.services.projection import ProjectionService
from orders.services.rebuild import RebuildService
from orders.services.reconcile import ReconcileService
from orders.services.resend import ResendService
from orders.settings import OrdersSettings
from shopkit.clock import Clock, utc_now
from shopkit.health import Check
from shopkit.idempotency import IdempotencyKeys
from shopkit.mongo import (
    Database,
    Transactions,
)
from shopkit.outbox import HandOver, Outbox

SERVICE = "orders-ms"


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
            keys=IdempotencyKeys(database),
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


@dataclass(frozen=True)
class Comparing:
    """What compares the two databases."""

    reconcile: ReconcileService
    rebuild: RebuildService


def comparing(
    database: Database,
    transactions: Transactions,
    hand_over: HandOver,
    settings: OrdersSettings,
    session: aiohttp.ClientSession,
) -> Comparing:
    """Return what compares this database with that of products-ms."""
    live = ProjectionRepository(database)
    remote = RemoteProducts(session, settings.products_url)
    reconcile = ReconcileService(
        transactions=transactions,
        orders=OrderRepository(database),
        projection=live,
        remote=remote,
        outbox=Outbox(database),
        hand_over=hand_over,
    )
    rebuild = RebuildService(
        transactions=transactions,
        live=live,
        beside=ProjectionRepository(database, BESIDE),
        reconcile=reconcile,
        remote=remote,
    )
    return Comparing(reconcile, rebuild)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _intake(services: Annotated[Services, Depends(_services)]) -> IntakeService:
    return services.intake


def _orders(services: Annotated[Services, Depends(_services)]) -> OrderService:
    return services.orders


Intake = Annotated[IntakeService, Depends(_intake)]
Orders = Annotated[OrderService, Depends(_orders)]
