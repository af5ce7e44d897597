"""Runs the service: its connections, relay, consumers and periodic jobs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.dependencies import (
    Cards,
    Comparison,
    Services,
    build,
    build_comparison,
    build_owners,
    terms_of,
)
from orders.errors import ProviderRefusedError, ProviderUnavailableError
from orders.migrations import MIGRATIONS
from orders.repositories.stripe import Stripe
from orders.services.reconcile import ReconcileService
from orders.settings import SERVICE, OrdersSettings
from shopkit.contract.events import ORDER_STATUS_TOPIC, PRODUCTS_TOPIC
from shopkit.contract.topics import TOPICS
from shopkit.loops import every, skip_temporary_errors
from shopkit.mail.mail_runtime import mail_loops, mail_store
from shopkit.messaging.dead_letter_service import dead_letters_of
from shopkit.messaging.event_runtime import MEASURE_SECONDS, EventRuntime
from shopkit.messaging.handlers import HandlerTable
from shopkit.messaging.outbox import Outbox
from shopkit.release import digest_of
from shopkit.storage.mongo import DATABASE, DatabaseClock, connect, is_temporary
from shopkit.storage.unit_of_work import MongoTransactions

RESEND_SECONDS = 5.0
RECONCILE_SECONDS = 15.0
"""How often to look whether a reconciliation is due."""
KEYS_SECONDS = 15.0
"""How often to look for names and email addresses without keys, and orders without numbers."""
DEADLINE_SECONDS = 15.0
"""How often to look for orders whose deadline has come."""
CARD_SECONDS = 1.0
"""How often to look for events of the payment provider, and for attempts whose time has come."""
CATCH_UP_SECONDS = 15.0
"""How often to ask the payment provider for events that it could not deliver."""
OWNERS_SECONDS = 15.0
"""How often to look for orders without an account."""
COUNT_SECONDS = 1.0
"""How often to look whether this replica has to count orders."""
REOPEN_LOG_SECONDS = 0.5


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database or another service is unavailable."""
    return is_temporary(error) or isinstance(error, (aiohttp.ClientError, TimeoutError))


def is_provider_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database or the payment provider is unavailable."""
    return is_temporary(error) or isinstance(
        error, (ProviderUnavailableError, ProviderRefusedError)
    )


@asynccontextmanager
async def stripe_of(settings: OrdersSettings) -> AsyncIterator[Stripe | None]:
    """Yield the provider of card payments, None if no cards are taken."""
    if settings.stripe_secret_key is None:
        yield None
        return
    stripe = Stripe(
        settings.stripe_secret_key.get_secret_value(),
        settings.webhook_secrets,
        str(settings.stripe_api_base or "").rstrip("/"),
    )
    try:
        yield stripe
    finally:
        await stripe.close()


@asynccontextmanager
async def running(settings: OrdersSettings) -> AsyncIterator[Services]:
    """Run the service and yield its services. Stop everything in order afterwards."""
    clock = DatabaseClock()
    async with (
        connect(settings, SERVICE, clock) as client,
        aiohttp.ClientSession() as session,
        stripe_of(settings) as provider,
    ):
        database = client[DATABASE]
        mails = mail_store(settings, database, clock)
        runtime = EventRuntime(
            settings,
            SERVICE,
            client,
            database,
            migration_list=MIGRATIONS,
            topics=TOPICS,
            clock=clock,
            release=digest_of("orders", "shopkit"),
            mails=mails,
        )
        services = build(
            database,
            runtime.transactions,
            clock,
            zone=settings.shop_time_zone,
            terms=terms_of(settings),
            provider=provider,
            shop_address=settings.shop_address,
        )
        comparison = build_comparison(database, runtime.transactions, settings, session)
        tables = _tables(services)
        runtime.add_consumer(PRODUCTS_TOPIC, tables[PRODUCTS_TOPIC])
        runtime.add_consumer(ORDER_STATUS_TOPIC, tables[ORDER_STATUS_TOPIC])
        _add_jobs(runtime, services, comparison.reconcile, settings.reconcile_seconds)
        _add_card_jobs(runtime, services.cards)
        owners = build_owners(database, settings, session)
        add_accounts = skip_temporary_errors(owners.add_accounts, is_unavailable)
        runtime.add_loop("owners", every(OWNERS_SECONDS, add_accounts))
        for name, loop in mail_loops(settings, "orders", mails, links={}, clock=clock).items():
            runtime.add_loop(name, loop)
        async with runtime:
            yield replace(
                services,
                dead_letters=dead_letters_of(
                    database, runtime.transactions, tables, services.trail, clock
                ),
                checks=runtime.checks,
            )
            await services.intake.drain()


def _add_jobs(
    runtime: EventRuntime, services: Services, reconcile: ReconcileService, interval_seconds: float
) -> None:
    resend = skip_temporary_errors(services.resend.resend, is_temporary)
    runtime.add_loop("resend", every(RESEND_SECONDS, resend))
    compare = skip_temporary_errors(reconcile.reconcile_if_due, is_unavailable)
    runtime.add_loop("reconcile", every(min(RECONCILE_SECONDS, interval_seconds), compare))
    add_keys = skip_temporary_errors(services.projection.add_missing_keys, is_temporary)
    runtime.add_loop("name keys", every(KEYS_SECONDS, add_keys))
    add_email_keys = skip_temporary_errors(services.orders.add_missing_keys, is_temporary)
    runtime.add_loop("email keys", every(KEYS_SECONDS, add_email_keys))
    add_numbers = skip_temporary_errors(services.orders.add_missing_numbers, is_temporary)
    runtime.add_loop("order numbers", every(KEYS_SECONDS, add_numbers))
    measure = skip_temporary_errors(services.orders.measure, is_temporary)
    runtime.add_loop("order metrics", every(MEASURE_SECONDS, measure))
    act = skip_temporary_errors(services.deadlines.act, is_temporary)
    runtime.add_loop("deadlines", every(DEADLINE_SECONDS, act))
    count = skip_temporary_errors(services.counting.count, is_unavailable)
    runtime.add_loop("statistics", every(COUNT_SECONDS, count))
    read = skip_temporary_errors(services.live.read, is_unavailable)
    runtime.add_loop("live reader", every(REOPEN_LOG_SECONDS, read))
    dispatch = skip_temporary_errors(services.live.dispatch, is_unavailable)
    runtime.add_loop("live dispatcher", every(REOPEN_LOG_SECONDS, dispatch))


def _add_card_jobs(runtime: EventRuntime, cards: Cards) -> None:
    if cards.checks is None:
        return
    apply = skip_temporary_errors(cards.events.apply_pending, is_provider_unavailable)
    runtime.add_loop("provider events", every(CARD_SECONDS, apply))
    check = skip_temporary_errors(cards.checks.check, is_provider_unavailable)
    runtime.add_loop("card checks", every(CARD_SECONDS, check))
    catch_up = skip_temporary_errors(cards.events.catch_up, is_provider_unavailable)
    runtime.add_loop("provider catch-up", every(CATCH_UP_SECONDS, catch_up))


def _tables(services: Services) -> Mapping[str, HandlerTable]:
    return {
        PRODUCTS_TOPIC: products_table(services.projection),
        ORDER_STATUS_TOPIC: status_table(services.orders),
    }


@asynccontextmanager
async def connected(settings: OrdersSettings) -> AsyncIterator[Services]:
    """Yield the services without their loops, for a command next to the running service."""
    clock = DatabaseClock()
    async with connect(settings, SERVICE, clock) as client:
        database = client[DATABASE]
        mails = mail_store(settings, database, clock)
        transactions = MongoTransactions(client, Outbox(database, clock), mails=mails)
        services = build(database, transactions, clock, zone=settings.shop_time_zone)
        letters = dead_letters_of(database, transactions, _tables(services), services.trail, clock)
        yield replace(services, dead_letters=letters)


@asynccontextmanager
async def comparing(settings: OrdersSettings) -> AsyncIterator[Comparison]:
    """Yield the services that compare the databases, for a command next to the running service."""
    clock = DatabaseClock()
    async with connect(settings, SERVICE, clock) as client, aiohttp.ClientSession() as session:
        database = client[DATABASE]
        transactions = MongoTransactions(client, Outbox(database, clock))
        yield build_comparison(database, transactions, settings, session)
