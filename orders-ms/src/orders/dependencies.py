"""Wires services to their dependencies, and provides them to the controllers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import aiohttp
from fastapi import Depends, Request

from orders.models.payment import BankAccount, CardTerms, PaymentTerms
from orders.repositories.accounts_client import AccountsClient
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.card_provider import CardProvider
from orders.repositories.changes import OrderChanges
from orders.repositories.delivery_methods import DeliveryMethodRepository
from orders.repositories.order_counts import OrderCounts
from orders.repositories.order_numbers import OrderNumbers
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import ProductsClient
from orders.repositories.projection import REBUILT_COLLECTION, ProjectionRepository
from orders.repositories.provider_events import ProviderEventRepository
from orders.repositories.reconcile_progress import ReconcileProgress
from orders.repositories.statistics import StatisticsRepository
from orders.repositories.status_changes import StatusChanges
from orders.services.card_checks import CardCheckService
from orders.services.card_payments import CardPaymentService
from orders.services.card_settlement import CardSettlement
from orders.services.comparison import OrderComparison, ProductComparison
from orders.services.counting import CountingService, StatisticsComparison
from orders.services.deadlines import DeadlineService
from orders.services.delivery_methods import DeliveryMethodService
from orders.services.desk import DeskService
from orders.services.intake import IntakeService
from orders.services.live import LiveService
from orders.services.orders import OrderService
from orders.services.owners import OwnerService
from orders.services.projection import ProjectionService
from orders.services.provider_events import ProviderEventService
from orders.services.rebuild import RebuildService
from orders.services.reconcile import ReconcileService
from orders.services.resend import ResendService
from orders.services.statistics import StatisticsService
from orders.settings import MINIMUM_CENTS, SERVICE, OrdersSettings
from shopkit.checks import Check
from shopkit.clock import Clock, utc_now
from shopkit.mail.mails import Mails
from shopkit.mail.service import MailService
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.outbox import Outbox
from shopkit.proofs import ProofSigner
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Transactions

_UTC = ZoneInfo("UTC")
_TERMS = PaymentTerms()


@dataclass(frozen=True)
class Cards:
    """The services for payments by card.

    Attributes:
        checks: None if no cards are taken.
    """

    payments: CardPaymentService
    events: ProviderEventService
    checks: CardCheckService | None


@dataclass(frozen=True)
class Services:
    """The services that controllers and consumers call.

    Attributes:
        terms: What the shop offers.
        clock: The clock of the database.
        dead_letters: None until the consumers run.
        checks: The readiness checks, empty until the consumers run.
    """

    intake: IntakeService
    orders: OrderService
    projection: ProjectionService
    desk: DeskService
    cards: Cards
    delivery_methods: DeliveryMethodService
    deadlines: DeadlineService
    resend: ResendService
    live: LiveService
    statistics: StatisticsService
    counting: CountingService
    trail: AuditTrail
    mails: MailService
    terms: PaymentTerms
    clock: Clock
    dead_letters: DeadLetterService | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database,
    transactions: Transactions,
    clock: Clock = utc_now,
    zone: ZoneInfo = _UTC,
    *,
    terms: PaymentTerms = _TERMS,
    provider: CardProvider | None = None,
    shop_address: str = "",
) -> Services:
    """Return the services for a database, and a shop in a time zone that offers these terms."""
    orders = OrderRepository(database, clock)
    projection = ProjectionRepository(database)
    trail = AuditTrail(database)
    statistics = StatisticsRepository(database)
    methods = DeliveryMethodRepository(database)
    keys = IdempotencyKeys(database)
    return Services(
        intake=IntakeService(
            transactions=transactions,
            orders=orders,
            keys=keys,
            projection=projection,
            methods=methods,
            terms=terms,
            clock=clock,
        ),
        orders=OrderService(
            transactions=transactions,
            orders=orders,
            numbers=OrderNumbers(database),
            trail=trail,
            terms=terms,
            clock=clock,
        ),
        desk=DeskService(
            transactions=transactions,
            orders=orders,
            keys=keys,
            trail=trail,
            terms=terms,
            clock=clock,
        ),
        cards=_build_cards(
            database,
            transactions,
            clock,
            terms=terms,
            provider=provider,
            shop_address=shop_address,
        ),
        delivery_methods=DeliveryMethodService(
            transactions=transactions, methods=methods, trail=trail, terms=terms, clock=clock
        ),
        deadlines=DeadlineService(
            transactions=transactions,
            orders=orders,
            attempts=CardAttemptRepository(database, clock),
            leases=JobLeases(database),
            terms=terms,
            clock=clock,
        ),
        projection=ProjectionService(projection),
        resend=ResendService(
            transactions=transactions,
            orders=orders,
            leases=JobLeases(database),
            outbox=Outbox(database, clock),
        ),
        live=LiveService(orders=orders, changes=OrderChanges(database), clock=clock),
        statistics=StatisticsService(statistics, zone, clock),
        counting=CountingService(
            transactions=transactions,
            statistics=statistics,
            orders=OrderCounts(database),
            changes=StatusChanges(database),
            leases=JobLeases(database),
            zone=zone,
        ),
        trail=trail,
        mails=MailService(
            transactions=transactions, mails=Mails(database, clock), trail=trail, clock=clock
        ),
        terms=terms,
        clock=clock,
    )


def _build_cards(
    database: Database,
    transactions: Transactions,
    clock: Clock,
    *,
    terms: PaymentTerms,
    provider: CardProvider | None,
    shop_address: str,
) -> Cards:
    orders = OrderRepository(database, clock)
    attempts = CardAttemptRepository(database, clock)
    events = ProviderEventRepository(database, clock)
    settlement = CardSettlement(
        transactions=transactions,
        orders=orders,
        attempts=attempts,
        events=events,
        terms=terms,
        clock=clock,
    )
    return Cards(
        payments=CardPaymentService(
            provider=provider,
            shop_address=shop_address,
            transactions=transactions,
            orders=orders,
            attempts=attempts,
            settlement=settlement,
            terms=terms,
            clock=clock,
        ),
        events=ProviderEventService(
            provider=provider,
            events=events,
            settlement=settlement,
            leases=JobLeases(database),
            clock=clock,
        ),
        checks=CardCheckService(
            provider=provider,
            orders=orders,
            attempts=attempts,
            settlement=settlement,
            clock=clock,
        )
        if provider
        else None,
    )


def terms_of(settings: OrdersSettings) -> PaymentTerms:
    """Return what a shop with these settings offers."""
    account = BankAccount(settings.bank_iban, settings.bank_holder, settings.bank_bic)
    return PaymentTerms(
        collection=settings.collection,
        bank_account=account if settings.bank_iban else None,
        collection_period=timedelta(days=settings.collection_days) or None,
        transfer_period=timedelta(days=settings.transfer_days),
        reminder=timedelta(days=settings.reminder_days),
        currency=settings.shop_currency,
        cards=CardTerms(MINIMUM_CENTS[settings.shop_currency]) if settings.takes_cards else None,
    )


def build_owners(
    database: Database, settings: OrdersSettings, session: aiohttp.ClientSession
) -> OwnerService:
    """Return the service that finds the accounts of orders."""
    proofs = ProofSigner(SERVICE, settings.proof_key.get_secret_value())
    accounts = AccountsClient(session, settings.authentication_url, proofs)
    return OwnerService(OrderRepository(database), accounts)


@dataclass(frozen=True)
class Comparison:
    """The services that compare orders-db with products-db."""

    reconcile: ReconcileService
    rebuild: RebuildService


def build_comparison(
    database: Database,
    transactions: Transactions,
    settings: OrdersSettings,
    session: aiohttp.ClientSession,
) -> Comparison:
    """Return the services that compare a database with products-db."""
    orders = OrderRepository(database)
    projection = ProjectionRepository(database)
    proofs = ProofSigner(SERVICE, settings.proof_key.get_secret_value())
    client = ProductsClient(session, settings.products_url, DatabaseIdentity(database), proofs)
    reconcile = ReconcileService(
        transactions=transactions,
        orders=orders,
        client=client,
        comparisons={
            "products": ProductComparison(projection, client),
            "orders": OrderComparison(orders, client),
            "statistics": StatisticsComparison(
                StatisticsRepository(database), OrderCounts(database)
            ),
        },
        progress=ReconcileProgress(database),
        leases=JobLeases(database),
        interval=timedelta(seconds=settings.reconcile_seconds),
    )
    rebuild = RebuildService(
        live=projection,
        rebuilt=ProjectionRepository(database, REBUILT_COLLECTION),
        client=client,
    )
    return Comparison(reconcile, rebuild)


async def _get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


_Services = Annotated[Services, Depends(_get_services)]


async def _get_intake(services: _Services) -> IntakeService:
    return services.intake


async def _get_orders(services: _Services) -> OrderService:
    return services.orders


async def _get_desk(services: _Services) -> DeskService:
    return services.desk


async def _get_card_payments(services: _Services) -> CardPaymentService:
    return services.cards.payments


async def _get_provider_events(services: _Services) -> ProviderEventService:
    return services.cards.events


async def _get_delivery_methods(services: _Services) -> DeliveryMethodService:
    return services.delivery_methods


async def _get_terms(services: _Services) -> PaymentTerms:
    return services.terms


async def _get_live(services: _Services) -> LiveService:
    return services.live


async def _get_statistics(services: _Services) -> StatisticsService:
    return services.statistics


Intake = Annotated[IntakeService, Depends(_get_intake)]
Orders = Annotated[OrderService, Depends(_get_orders)]
Desk = Annotated[DeskService, Depends(_get_desk)]
CardPayments = Annotated[CardPaymentService, Depends(_get_card_payments)]
ProviderEvents = Annotated[ProviderEventService, Depends(_get_provider_events)]
DeliveryMethods = Annotated[DeliveryMethodService, Depends(_get_delivery_methods)]
Terms = Annotated[PaymentTerms, Depends(_get_terms)]
Live = Annotated[LiveService, Depends(_get_live)]
Statistics = Annotated[StatisticsService, Depends(_get_statistics)]
