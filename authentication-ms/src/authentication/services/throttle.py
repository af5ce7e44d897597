"""Slows down the guessing of passwords and refresh tokens.

Too many failures block an address, or an address for one account. Failures for an account from all
addresses delay its log-ins, and finally block addresses at which nobody has logged in to it. So
nobody can lock out its owner.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from authentication.errors import (
    CredentialsError,
    RefreshRefusedError,
    TooManyAttemptsError,
)
from authentication.models.throttling import delay_seconds, network_of
from authentication.repositories.counters import CounterRepository
from authentication.settings import AuthenticationSettings
from shopkit.clock import Clock
from shopkit.security_events import SecurityEvent, report

Sleep = Callable[[float], Awaitable[None]]

MAIL_WINDOW = timedelta(hours=1)

KNOWN_FOR = timedelta(days=90)
"""How long an account can be used at an address after a log-in, whatever others do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits, and the windows in which attempts are counted."""

    failures_per_address: int
    failures_per_pair: int
    failures_before_slowing: int
    failures_per_account: int
    login_window: timedelta
    registrations_per_address: int
    registration_window: timedelta
    mails_per_account: int

    @classmethod
    def of(cls, settings: AuthenticationSettings) -> Self:
        """Return the limits in the settings."""
        return cls(
            failures_per_address=settings.login_failures_per_address,
            failures_per_pair=settings.login_failures_per_pair,
            failures_before_slowing=settings.login_failures_before_slowing,
            failures_per_account=settings.login_failures_per_account,
            login_window=timedelta(seconds=settings.login_window_seconds),
            registrations_per_address=settings.registrations_per_address,
            registration_window=timedelta(seconds=settings.registration_window_seconds),
            mails_per_account=settings.mails_per_account,
        )


class Throttle:
    """Counts attempts in the database, so that all replicas share the counters.

    An attempt is counted before the password is checked, and taken back if the password is right.
    So concurrent attempts get no more tries than successive ones.
    """

    def __init__(
        self, counters: CounterRepository, limits: Limits, *, clock: Clock, sleep: Sleep
    ) -> None:
        self._counters = counters
        self._limits = limits
        self._clock = clock
        self._sleep = sleep

    @asynccontextmanager
    async def attempt(self, address: str, email: str) -> AsyncIterator[None]:
        """Count an attempt to prove a password. A `CredentialsError` inside is a failure.

        Raises:
            TooManyAttemptsError: The address is blocked, or blocked for this account.
        """
        network = network_of(address)
        by_address, by_pair = f"login|{network}", f"login|{network}|{email}"
        by_account, known = f"account|{email}", f"known|{network}|{email}"
        with _reporting_throttling(address):
            await self._count_attempt(by_address, by_pair)
            try:
                await self._delay(by_account, known)
            except TooManyAttemptsError:
                await self._take_back(by_address, by_pair)
                raise
        try:
            yield
        except CredentialsError as error:
            report(SecurityEvent.PASSWORD_REFUSED, account_id=error.account_id, address=address)
            raise
        except Exception:
            await self._take_back(by_address, by_pair, by_account)
            raise
        await self._take_back(by_address, by_account)
        await self._counters.reset(by_pair)
        await self._counters.increment(known, now=self._clock(), window=KNOWN_FOR)

    async def forgive(self, address: str, email: str) -> None:
        """Forget the failures for an account whose owner has proved to receive its mail.

        The owner may have guessed too often before, and now logs in from the same address.
        """
        network = network_of(address)
        await self._counters.reset(f"login|{network}|{email}")
        await self._counters.reset(f"account|{email}")
        now = self._clock()
        await self._counters.increment(f"known|{network}|{email}", now=now, window=KNOWN_FOR)

    @asynccontextmanager
    async def refresh(self, address: str) -> AsyncIterator[None]:
        """Count a refused refresh token: a `RefreshRefusedError` inside.

        Concurrent attempts are not counted in advance, in contrast to passwords: a token cannot be
        guessed, and a whole office may refresh at the same moment.

        Raises:
            TooManyAttemptsError: The address is blocked.
        """
        key, now = f"refresh|{network_of(address)}", self._clock()
        count = await self._counters.find(key, now=now)
        with _reporting_throttling(address):
            if count and count.value >= self._limits.failures_per_address:
                raise TooManyAttemptsError((count.expires_at - now).total_seconds())
        try:
            yield
        except RefreshRefusedError:
            await self._counters.increment(key, now=now, window=self._limits.login_window)
            raise

    async def count_registration(self, address: str) -> None:
        """Count a registration.

        Raises:
            TooManyAttemptsError: The address is blocked.
        """
        key = f"register|{network_of(address)}"
        limits = self._limits
        with _reporting_throttling(address):
            await self._count(key, limits.registrations_per_address, limits.registration_window)

    async def count_mail(self, kind: str, account_id: str) -> None:
        """Count a mail that the owner of an account requests.

        Raises:
            TooManyAttemptsError: The owner requested too many of this kind in an hour.
        """
        limit = self._limits.mails_per_account
        await self._count(f"mail|{kind}|{account_id}", limit, MAIL_WINDOW)

    async def _count_attempt(self, by_address: str, by_pair: str) -> None:
        window = self._limits.login_window
        await self._count(by_address, self._limits.failures_per_address, window)
        try:
            await self._count(by_pair, self._limits.failures_per_pair, window)
        except TooManyAttemptsError:
            await self._take_back(by_address)
            raise

    async def _count(self, key: str, limit: int, window: timedelta) -> None:
        now = self._clock()
        count = await self._counters.increment(key, now=now, window=window)
        if count.value > limit:
            # The password is not checked, so this attempt does not count.
            await self._take_back(key)
            raise TooManyAttemptsError((count.expires_at - now).total_seconds())

    async def _delay(self, by_account: str, known: str) -> None:
        now, limits = self._clock(), self._limits
        count = await self._counters.increment(by_account, now=now, window=limits.login_window)
        failures = count.value - 1
        if failures >= limits.failures_per_account and not await self._counters.find(
            known, now=now
        ):
            await self._take_back(by_account)
            raise TooManyAttemptsError((count.expires_at - now).total_seconds())
        seconds = delay_seconds(failures, limits.failures_before_slowing)
        if seconds:
            await self._sleep(seconds)

    async def _take_back(self, *keys: str) -> None:
        for key in keys:
            await self._counters.decrement(key)


@contextmanager
def _reporting_throttling(address: str) -> Iterator[None]:
    try:
        yield
    except TooManyAttemptsError:
        report(SecurityEvent.THROTTLED, address=address)
        raise
