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
from shopkit.audit import AuditTrail
from shopkit.clock import Clock
from shopkit.health import Check
from shopkit.mongo import Database, Transactions


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
    checks: Mapping[str, Check]


def build(
    settings: AuthenticationSettings,
    world: World,
    *,
    passwords: Passwords,
    keys: KeyRing,
    checks: Mapping[str, Check],
) -> Services:
    """Return the services of a database."""
    accounts = AccountRepository(world.database)
    sessions = SessionRepository(world.database)
    trail = AuditTrail(world.database)
    throttle = Throttle(
        CounterRepository(world.database), limits(settings), clock=world.clock, sleep=world.sleep
    )
    revocations = Revocations(
        RevocationRepository(world.database),
        clock=world.clock,
        access_token_life=settings.access_token_life,
    )
    return Services(
        accounts=Accounts(
            accounts,
            sessions,
            passwords=passwords,
            throttle=throttle,
            revocations=revocations,
            audit=trail,
            transactions=world.transactions,
            clock=world.clock,
        ),
        sessions=Sessions(
            accounts,
            sessions,
            passwords=passwords,
            throttle=throttle,
            tokens=AccessTokens(keys, life=settings.access_token_life),
            revocations=revocations,
            transactions=world.transactions,
            lives=Lives(settings.refresh_token_life, settings.cookie_grace),
            clock=world.clock,
        ),
        administration=Administration(
            accounts,
            revocations=revocations,
            trail=trail,
            transactions=world.transactions,
            clock=world.clock,
        ),
        revocations=revocations,
        keys=keys,
        checks=checks,
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
