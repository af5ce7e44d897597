"""Passwords are hashed and checked here, off the event loop and few at a time."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from passlib.context import CryptContext

from authentication.errors import PasswordsBusyError
from authentication.models.accounts import Account
from authentication.services import memory

AT_ONCE = 2
QUEUE = 20
MEMORY_KIB = 19 * 1024
ROUNDS = 2

IDLE_SECONDS = 5.0
"""How long after the last password the memory for hashing is given back."""

T = TypeVar("T")


def argon2id(*, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS) -> CryptContext:
    """Return how passwords are hashed.

    The library's own 64 MiB would break the service's memory goal with two at a time.
    """
    return CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=memory_kib,
        argon2__time_cost=rounds,
        argon2__parallelism=1,
    )


def sha256_digest(password: str) -> str:
    """Return what the original hashed a password to, and what is inside a wrapped hash."""
    return hashlib.sha256(password.encode()).hexdigest()


class Passwords:
    """Hashes and checks passwords; every check costs one argon2id, whatever the account."""

    def __init__(self, context: CryptContext) -> None:
        self._context = context
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._under_way = 0
        self._tidying: asyncio.TimerHandle | None = None
        self._nobody = context.hash(secrets.token_hex())

    def __enter__(self) -> Self:
        memory.keep_until_given_back()
        return self

    def __exit__(self, *_: object) -> None:
        self._tidy_later(None)
        self._threads.shutdown(cancel_futures=True)

    async def matches(self, password: str, account: Account | None) -> bool:
        """Whether this is the account's password.

        Raises:
            PasswordsBusyError: Too many wait already.
        """
        if account is None:
            # A stranger's address must cost what a customer's does, or the time tells which it is.
            await self._run(lambda: self._context.verify(password, self._nobody))
            return False
        secret = sha256_digest(password) if account.wrapped_sha256 else password
        return await self._run(lambda: self._context.verify(secret, account.password_hash))

    async def hash(self, password: str) -> str:
        """Return a new hash of a password.

        Raises:
            PasswordsBusyError: Too many wait already.
        """
        return await self._run(lambda: self._context.hash(password))

    async def refreshed(self, password: str, account: Account) -> str:
        """Return the account's hash, made anew where it is not as hashes are made today.

        Raises:
            PasswordsBusyError: Too many wait already.
        """
        if account.wrapped_sha256 or self._context.needs_update(account.password_hash):
            return await self.hash(password)
        return account.password_hash

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= AT_ONCE + QUEUE:
            raise PasswordsBusyError(self._under_way)
        loop = asyncio.get_running_loop()
        self._under_way += 1
        self._tidy_later(None)
        try:
            return await loop.run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._tidy_later(loop.call_later(IDLE_SECONDS, self._tidy))

    def _tidy_later(self, timer: asyncio.TimerHandle | None) -> None:
        if self._tidying:
            self._tidying.cancel()
        self._tidying = timer

    def _tidy(self) -> None:
        self._threads.submit(memory.give_back)
