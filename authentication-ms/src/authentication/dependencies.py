"""Wires services to their dependencies, and provides them to the controllers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from authentication.cookies import Cookies
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.addresses import AddressRepository
from authentication.repositories.counters import CounterRepository
from authentication.repositories.mail_links import MailLinkRepository
from authentication.repositories.reserved_emails import ReservedEmailRepository
from authentication.repositories.reset_requests import ResetRequestRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.access import AccessService
from authentication.services.accounts import AccountService
from authentication.services.addresses import AddressService
from authentication.services.administration import AdministrationService
from authentication.services.email_changes import EmailChangeService
from authentication.services.email_verifications import EmailVerificationService
from authentication.services.keys import KeyRing
from authentication.services.mail_links import MailLinkService
from authentication.services.password_resets import PasswordResetService
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
    password_resets: PasswordResetService
    email_verifications: EmailVerificationService
    email_changes: EmailChangeService
    addresses: AddressService
    links: MailLinkService
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
    reserved = ReservedEmailRepository(database)
    access = AccessService(sessions, revocations)
    links = MailLinkService(
        MailLinkRepository(database),
        shop_address=settings.shop_address,
        sends_mail=settings.sends_mail,
        clock=clock,
    )
    keys = KeyRing.of(settings)
    return Services(
        accounts=AccountService(
            transactions=transactions,
            accounts=accounts,
            reserved=reserved,
            links=links,
            access=access,
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
            access=access,
            hasher=hasher,
            throttle=throttle,
            access_tokens=AccessTokenIssuer(keys, lifetime=settings.access_token_lifetime),
            lifetimes=Lifetimes(settings.refresh_token_lifetime, settings.cookie_grace),
            clock=clock,
        ),
        password_resets=PasswordResetService(
            transactions=transactions,
            accounts=accounts,
            requests=ResetRequestRepository(database),
            links=links,
            access=access,
            hasher=hasher,
            throttle=throttle,
            trail=trail,
            mails_per_account=settings.mails_per_account,
            clock=clock,
        ),
        email_verifications=EmailVerificationService(
            transactions=transactions,
            accounts=accounts,
            links=links,
            throttle=throttle,
            clock=clock,
        ),
        email_changes=EmailChangeService(
            transactions=transactions,
            accounts=accounts,
            reserved=reserved,
            links=links,
            access=access,
            revocations=revocations,
            hasher=hasher,
            throttle=throttle,
            trail=trail,
            clock=clock,
        ),
        addresses=AddressService(
            transactions=transactions, accounts=accounts, addresses=AddressRepository(database)
        ),
        links=links,
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


async def _get_password_resets(services: _Services) -> PasswordResetService:
    return services.password_resets


async def _get_email_verifications(services: _Services) -> EmailVerificationService:
    return services.email_verifications


async def _get_email_changes(services: _Services) -> EmailChangeService:
    return services.email_changes


async def _get_addresses(services: _Services) -> AddressService:
    return services.addresses


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
PasswordResets = Annotated[PasswordResetService, Depends(_get_password_resets)]
EmailVerifications = Annotated[EmailVerificationService, Depends(_get_email_verifications)]
EmailChanges = Annotated[EmailChangeService, Depends(_get_email_changes)]
Addresses = Annotated[AddressService, Depends(_get_addresses)]
Administration = Annotated[AdministrationService, Depends(_get_administration)]
Revocations = Annotated[RevocationService, Depends(_get_revocations)]
Keys = Annotated[KeyRing, Depends(_get_keys)]
SessionCookies = Annotated[Cookies, Depends(_get_cookies)]
