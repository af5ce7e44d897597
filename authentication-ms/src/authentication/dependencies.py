"""The services, built once and handed what they need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from authentication.repositories.accounts import AccountRepository
from authentication.repositories.counters import CounterRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.accounts import Accounts
from authentication.services.administration import Administration
from authentication.services.keys import KeyRing
from authentication.services.passwords import Passwords
from authentication.services.revocations import Revocations
from authentication.services.sessions import Lives, Sessions
from authentication.services.throttle import Limits, Sleep, Throttle
from authentication.services.tokens import AccessTokens
from authentication.settings import AuthenticationSettings
from shopkit.clock import Clock
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Transactions
from shopkit.checks import Check


@dataclass(frozen=True, slots=True)
class World:
    """What differs between the service and a test of it."""

    database: Database
    transactions: Transactions
    clock: Clock
    sleep: Sleep


@dataclass(frozen=True, slots=True)
class Services:
    """What the controllers call."""

    accounts: Accounts
    sessions: Sessions
    administration: Administration
    revocations: Revocations
    keys: KeyRing
    trail: AuditTrail
    checks: Mapping[str, Check]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What several services are handed."""

    accounts: AccountRepository
    sessions: SessionRepository
    throttle: Throttle
    revocations: Revocations
    trail: AuditTrail


def build(
    settings: AuthenticationSettings,
    world: World,
    *,
    passwords: Passwords,
    keys: KeyRing,
    checks: Mapping[str, Check],
) -> Services:
    """Return the services of a database."""
    shared = _shared(settings, world)
    return Services(
        accounts=_accounts(world, shared, passwords),
        sessions=_sessions(settings, world, shared, passwords=passwords, keys=keys),
        administration=Administration(
            shared.accounts,
            revocations=shared.revocations,
            trail=shared.trail,
            transactions=world.transactions,
            clock=world.clock,
        ),
        revocations=shared.revocations,
        keys=keys,
        trail=shared.trail,
        checks=checks,
    )


def _shared(settings: AuthenticationSettings, world: World) -> _Shared:
    database, clock = world.database, world.clock
    return _Shared(
        accounts=AccountRepository(database),
        sessions=SessionRepository(database),
        throttle=Throttle(
            CounterRepository(database), limits(settings), clock=clock, sleep=world.sleep
        ),
        revocations=Revocations(
            RevocationRepository(database),
            clock=clock,
            access_token_life=settings.access_token_life,
        ),
        trail=AuditTrail(database),
    )


def _accounts(world: World, shared: _Shared, passwords: Passwords) -> Accounts:
    return Accounts(
        shared.accounts,
        shared.sessions,
        passwords=passwords,
        throttle=shared.throttle,
        revocations=shared.revocations,
        audit=shared.trail,
        transactions=world.transactions,
        clock=world.clock,
    )


def _sessions(
    settings: AuthenticationSettings,
    world: World,
    shared: _Shared,
    *,
    passwords: Passwords,
    keys: KeyRing,
) -> Sessions:
    return Sessions(
        shared.accounts,
        shared.sessions,
        passwords=passwords,
        throttle=shared.throttle,
        tokens=AccessTokens(keys, life=settings.access_token_life),
        revocations=shared.revocations,
        transactions=world.transactions,
        lives=Lives(settings.refresh_token_life, settings.cookie_grace),
        clock=world.clock,
    )


def limits(settings: AuthenticationSettings) -> Limits:
    """Return how often is too often."""
    return Limits(
        failures_per_address=settings.login_failures_per_address,
        failures_per_pair=settings.login_failures_per_pair,
        failures_before_slowing=settings.login_failures_before_slowing,
        login_window=timedelta(seconds=settings.login_window_seconds),
        registrations_per_address=settings.registrations_per_address,
        registration_window=timedelta(seconds=settings.registration_window_seconds),
    )
