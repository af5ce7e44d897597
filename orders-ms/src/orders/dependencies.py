"""What lives as long as the service is built here, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import aiohttp
from fastapi import Depends, Request

from orders.repositories.changes import OrderChanges
from orders.repositories.job_leases import TickRepository
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import RemoteProducts
from orders.repositories.projection import BESIDE, ProjectionRepository
from orders.repositories.statistics import StatisticsRepository
from orders.services.intake import IntakeService
from orders.services.live import LiveService
from orders.services.orders import OrderService
from orders.services.projection import ProjectionService
from orders.services.rebuild import RebuildService
from orders.services.reconcile import ReconcileService
from orders.services.resend import ResendService
from orders.services.statistics import StatisticsService
from orders.settings import OrdersSettings
from shopkit.clock import Clock, utc_now
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.outbox import HandOver, Outbox
from shopkit.storage.audit import AuditTrail
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.mongo import Database, Transactions
from shopkit.web.health import Check


@dataclass(frozen=True)
class Services:
    """What controllers and consumers call.

    `letters` and `checks` are there where the service runs, with its consumers.
    """

    intake: IntakeService
    orders: OrderService
    projection: ProjectionService
    resend: ResendService
    live: LiveService
    statistics: StatisticsService
    trail: AuditTrail
    letters: DeadLetterService | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database, transactions: Transactions, hand_over: HandOver, clock: Clock = utc_now
) -> Services:
    """Return the services on top of a database."""
    orders = OrderRepository(database)
    projection = ProjectionRepository(database)
    outbox = Outbox(database, clock)
    trail = AuditTrail(database)
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
            trail=trail,
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
        live=LiveService(orders=orders, changes=OrderChanges(database), clock=clock),
        statistics=StatisticsService(StatisticsRepository(database), clock),
        trail=trail,
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


def services_of(request: Request) -> Services:
    """Return the services of a request's application."""
    services: Services = request.app.state.services
    return services


def trail_of(request: Request) -> AuditTrail:
    """Return the audit trail of a request's application."""
    return services_of(request).trail


def letters_of(request: Request) -> DeadLetterService:
    """Return the dead letters of a request's application."""
    letters = services_of(request).letters
    assert letters  # noqa: S101 - a service that runs has them.
    return letters


async def _intake(request: Request) -> IntakeService:
    return services_of(request).intake


async def _orders(request: Request) -> OrderService:
    return services_of(request).orders


async def _live(request: Request) -> LiveService:
    return services_of(request).live


async def _figures(request: Request) -> StatisticsService:
    return services_of(request).statistics


Intake = Annotated[IntakeService, Depends(_intake)]
Orders = Annotated[OrderService, Depends(_orders)]
Live = Annotated[LiveService, Depends(_live)]
Figures = Annotated[StatisticsService, Depends(_figures)]
