"""Hashes and checks passwords, in threads and only a few at the same time."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from passlib.context import CryptContext

from authentication.errors import PasswordsBusyError
from authentication.models.account import Account
from authentication.models.password import normalize
from authentication.services import memory

CONCURRENCY = 2
QUEUE_LENGTH = 20
MEMORY_KIB = 19 * 1024
ROUNDS = 2

IDLE_SECONDS = 5.0
"""How long after the last password the memory for hashing is released."""

T = TypeVar("T")


def argon2id(*, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS) -> CryptContext:
    """Return the hash function for passwords.

    By default the library uses 64 MiB, which is too much for two passwords at the same time.
    """
    return CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=memory_kib,
        argon2__time_cost=rounds,
        argon2__parallelism=1,
    )


def sha256_digest(password: str) -> str:
    """Return the digest that old accounts have in place of the password."""
    return hashlib.sha256(password.encode()).hexdigest()


class PasswordHasher:
    """Hashes and checks passwords. A check takes equally long for all accounts."""

    def __init__(self, context: CryptContext) -> None:
        self._context = context
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="passwords")
        self._pending = 0
        self._release_timer: asyncio.TimerHandle | None = None
        self._dummy_hash = context.hash(secrets.token_hex())

    def __enter__(self) -> Self:
        memory.keep_freed_memory()
        return self

    def __exit__(self, *_: object) -> None:
        self._set_release_timer(None)
        self._threads.shutdown(cancel_futures=True)

    async def matches(self, password: str, account: Account | None) -> bool:
        """Return whether the account exists and has this password.

        The hash of an old account may be that of the password as it was typed.

        Raises:
            PasswordsBusyError: Too many passwords are waiting.
        """
        normalized = normalize(password)
        if await self._verify(normalized, account):
            return True
        return password != normalized and await self._verify(password, account)

    async def hash(self, password: str) -> str:
        """Return a new hash of a password in its normal form.

        Raises:
            PasswordsBusyError: Too many passwords are waiting.
        """
        return await self._run(lambda: self._context.hash(normalize(password)))

    async def upgrade(self, password: str, account: Account) -> str:
        """Return the account's hash, or a new one if it is outdated.

        A hash is outdated if it was made with other parameters, or of a password that was not
        normalized.

        Args:
            password: The password, which matches the account's.
            account: The account.

        Raises:
            PasswordsBusyError: Too many passwords are waiting.
        """
        if account.wrapped_sha256 or self._context.needs_update(account.password_hash):
            return await self.hash(password)
        normalized = normalize(password)
        if password != normalized and not await self._verify(normalized, account):
            return await self.hash(normalized)
        return account.password_hash

    async def _verify(self, password: str, account: Account | None) -> bool:
        if account is None:
            # An unknown account takes as long, so that the time does not show which ones exist.
            await self._run(lambda: self._context.verify(password, self._dummy_hash))
            return False
        secret = sha256_digest(password) if account.wrapped_sha256 else password
        return await self._run(lambda: self._context.verify(secret, account.password_hash))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= CONCURRENCY + QUEUE_LENGTH:
            raise PasswordsBusyError(self._pending)
        loop = asyncio.get_running_loop()
        self._pending += 1
        self._set_release_timer(None)
        try:
            return await loop.run_in_executor(self._threads, work)
        finally:
            self._pending -= 1
            if not self._pending:
                self._set_release_timer(loop.call_later(IDLE_SECONDS, self._release_memory))

    def _set_release_timer(self, timer: asyncio.TimerHandle | None) -> None:
        if self._release_timer:
            self._release_timer.cancel()
        self._release_timer = timer

    def _release_memory(self) -> None:
        self._threads.submit(memory.release_freed_memory)
