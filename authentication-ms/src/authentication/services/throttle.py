"""Guessing is made slow: for an address, for an address and an account, never for an owner."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from authentication.errors import CredentialsError, TooManyAttemptsError
from authentication.models.throttling import counted_address, slowdown_seconds
from authentication.repositories.counters import CounterRepository
from shopkit.clock import Clock

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How often is too often, and the windows in which it is counted."""

    failures_per_address: int
    failures_per_pair: int
    failures_before_slowing: int
    login_window: timedelta
    registrations_per_address: int
    registration_window: timedelta


class Throttle:
    """Counts in the database, so that replicas count together.

    An attempt is counted before the password is checked and taken back if it succeeds: many at
    once get no more tries than one after another.
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
        """Surround the check of a password; a `CredentialsError` inside is a failure.

        Raises:
            TooManyAttemptsError: The address, or it for this account, failed too often.
        """
        counted = counted_address(address)
        by_address, by_pair = f"login|{counted}", f"login|{counted}|{email}"
        by_account = f"account|{email}"
        await self._admit(by_address, by_pair)
        await self._slow_down(by_account)
        try:
            yield
        except CredentialsError:
            raise
        except Exception:
            await self._take_back(by_address, by_pair, by_account)
            raise
        await self._take_back(by_address, by_account)
        await self._counters.forget(by_pair)

    async def register(self, address: str) -> None:
        """Count a registration.

        Raises:
            TooManyAttemptsError: The address made too many.
        """
        key = f"register|{counted_address(address)}"
        limits = self._limits
        await self._count(key, limits.registrations_per_address, limits.registration_window)

    async def _admit(self, by_address: str, by_pair: str) -> None:
        window = self._limits.login_window
        await self._count(by_address, self._limits.failures_per_address, window)
        try:
            await self._count(by_pair, self._limits.failures_per_pair, window)
        except TooManyAttemptsError:
            await self._take_back(by_address)
            raise

    async def _count(self, key: str, limit: int, window: timedelta) -> None:
        now = self._clock()
        counted = await self._counters.increase(key, now=now, window=window)
        if counted.count > limit:
            # Nothing was tried, so nothing is counted: many good log-ins at once leave no trace.
            await self._take_back(key)
            raise TooManyAttemptsError((counted.expires_at - now).total_seconds())

    async def _slow_down(self, key: str) -> None:
        window = self._limits.login_window
        counted = await self._counters.increase(key, now=self._clock(), window=window)
        seconds = slowdown_seconds(counted.count - 1, self._limits.failures_before_slowing)
        if seconds:
            await self._sleep(seconds)

    async def _take_back(self, *keys: str) -> None:
        for key in keys:
            await self._counters.decrease(key)
