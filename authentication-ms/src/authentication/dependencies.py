"""Wires services to their dependencies, and provides them to the controllers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from authentication.cookies import Cookies
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.counters import CounterRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.accounts import AccountService
from authentication.services.administration import AdministrationService
from authentication.services.keys import KeyRing
from authentication.services.passwords import PasswordHasher
from authentication.services.revocations import RevocationService
from authentication.services.sessions import Lifetimes, SessionService
from authentication.services.throttle import Limits, Sleep, Throttle
from authentication.services.tokens import AccessTokenIssuer
from authentication.settings import AuthenticationSettings, DatabaseSettings
from shopkit.checks import Check
from shopkit.clock import Clock, utc_now
from shopkit.mail.mails import Mails
from shopkit.mail.service import MailService
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Transactions


@dataclass(frozen=True)
class Services:
    """The services that controllers call.

    Attributes:
        clock: The time.
        checks: The readiness checks, empty until the service runs.
    """

    accounts: AccountService
    sessions: SessionService
    administration: AdministrationService
    revocations: RevocationService
    keys: KeyRing
    cookies: Cookies
    trail: AuditTrail
    mails: MailService
    clock: Clock
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    settings: AuthenticationSettings,
    database: Database,
    transactions: Transactions,
    hasher: PasswordHasher,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> Services:
    """Return the services for a database.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings is unusable.
    """
    accounts = AccountRepository(database)
    sessions = SessionRepository(database)
    revocations = _build_revocations(settings, database, clock)
    throttle = Throttle(CounterRepository(database), Limits.of(settings), clock=clock, sleep=sleep)
    trail = AuditTrail(database)
    mails = Mails(database, clock)
    keys = KeyRing.of(settings)
    return Services(
        accounts=AccountService(
            transactions=transactions,
            accounts=accounts,
            sessions=sessions,
            revocations=revocations,
            hasher=hasher,
            throttle=throttle,
            trail=trail,
            clock=clock,
        ),
        sessions=SessionService(
            transactions=transactions,
            accounts=accounts,
            sessions=sessions,
            revocations=revocations,
            hasher=hasher,
            throttle=throttle,
            access_tokens=AccessTokenIssuer(keys, lifetime=settings.access_token_lifetime),
            lifetimes=Lifetimes(settings.refresh_token_lifetime, settings.cookie_grace),
            clock=clock,
        ),
        administration=build_administration(settings, database, transactions, clock),
        revocations=revocations,
        keys=keys,
        cookies=Cookies.of(settings),
        trail=trail,
        mails=MailService(transactions=transactions, mails=mails, trail=trail, clock=clock),
        clock=clock,
    )


def build_administration(
    settings: DatabaseSettings,
    database: Database,
    transactions: Transactions,
    clock: Clock = utc_now,
) -> AdministrationService:
    """Return the service that creates admins, which needs no keys."""
    return AdministrationService(
        transactions=transactions,
        accounts=AccountRepository(database),
        revocations=_build_revocations(settings, database, clock),
        trail=AuditTrail(database),
        clock=clock,
    )


def _build_revocations(
    settings: DatabaseSettings, database: Database, clock: Clock
) -> RevocationService:
    return RevocationService(
        RevocationRepository(database),
        access_token_lifetime=settings.access_token_lifetime,
        clock=clock,
    )


async def _get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


_Services = Annotated[Services, Depends(_get_services)]


async def _get_accounts(services: _Services) -> AccountService:
    return services.accounts


async def _get_sessions(services: _Services) -> SessionService:
    return services.sessions


async def _get_administration(services: _Services) -> AdministrationService:
    return services.administration


async def _get_revocations(services: _Services) -> RevocationService:
    return services.revocations


async def _get_keys(services: _Services) -> KeyRing:
    return services.keys


async def _get_cookies(services: _Services) -> Cookies:
    return services.cookies


Accounts = Annotated[AccountService, Depends(_get_accounts)]
Sessions = Annotated[SessionService, Depends(_get_sessions)]
Administration = Annotated[AdministrationService, Depends(_get_administration)]
Revocations = Annotated[RevocationService, Depends(_get_revocations)]
Keys = Annotated[KeyRing, Depends(_get_keys)]
SessionCookies = Annotated[Cookies, Depends(_get_cookies)]
