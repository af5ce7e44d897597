import asyncio
import threading
from collections.abc import Iterator
from typing import cast

import pytest
from passlib.context import CryptContext

from authentication.errors import PasswordsBusyError
from authentication.models.account import Account, AccountRole
from authentication.services import memory
from authentication.services import passwords as module
from authentication.services.passwords import PasswordHasher, argon2id, sha256_digest


def account(password_hash: str, *, wrapped: bool = False) -> Account:
    return Account(
        id=1,
        email="a@b.com",
        shown_email="a@b.com",
        role=AccountRole.USER,
        password_hash=password_hash,
        wrapped_sha256=wrapped,
    )


COMPOSED, DECOMPOSED = "p\u00e4ssword", "pa\u0308ssword"
SAME_PASSWORDS = [
    (COMPOSED, DECOMPOSED),
    (DECOMPOSED, COMPOSED),
    ("\u212bngstr\u00f6m", "A\u030angstro\u0308m"),
    ("\ud55c\uad6d\uc5b4 1234", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 1234"),
    ("correct horse", "correct\u00a0horse"),
    ("correct\u3000horse", "correct\u2003horse"),
]


class FakeContext:
    """Counts checks, and can block them."""

    def __init__(self) -> None:
        self.checks = 0
        self.running = 0
        self.max_running = 0
        self.unblocked = threading.Event()
        self.unblocked.set()

    def hash(self, secret: str) -> str:
        return f"hash of {secret}"

    def verify(self, secret: str, password_hash: str) -> bool:
        self.checks += 1
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        self.unblocked.wait(timeout=10)
        self.running -= 1
        return password_hash == f"hash of {secret}"


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.fixture
def fake_hasher(context: FakeContext) -> Iterator[PasswordHasher]:
    with PasswordHasher(cast("CryptContext", context)) as hasher:
        yield hasher


class TestArgon2id:
    def test_uses_19_mib_two_rounds_and_one_lane(self) -> None:
        assert argon2id().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


class TestMatches:
    async def test_accepts_only_the_same_password(self, hasher: PasswordHasher) -> None:
        stored = account(await hasher.hash("correct horse"))
        assert await hasher.matches("correct horse", stored) is True
        assert await hasher.matches("correct Horse", stored) is False

    async def test_accepts_the_password_of_a_wrapped_digest_but_not_the_digest(
        self, hasher: PasswordHasher
    ) -> None:
        # Given
        digest = sha256_digest("aaa@aaa.com")
        stored = account(await hasher.hash(digest), wrapped=True)
        # Then
        assert await hasher.matches("aaa@aaa.com", stored) is True
        assert await hasher.matches(digest, stored) is False

    @pytest.mark.parametrize(("chosen", "typed"), SAME_PASSWORDS)
    async def test_accepts_a_password_however_it_is_typed(
        self, chosen: str, typed: str, hasher: PasswordHasher
    ) -> None:
        stored = account(await hasher.hash(chosen))
        assert await hasher.matches(typed, stored) is True
        assert await hasher.matches(typed + "x", stored) is False

    @pytest.mark.parametrize("wrapped", [False, True])
    async def test_accepts_an_old_password_as_it_was_typed(
        self, wrapped: bool, hasher: PasswordHasher
    ) -> None:
        # Given
        secret = sha256_digest(DECOMPOSED) if wrapped else DECOMPOSED
        old = account(argon2id(memory_kib=8, rounds=1).hash(secret), wrapped=wrapped)
        # Then
        assert await hasher.matches(DECOMPOSED, old) is True
        assert await hasher.matches("pa\u0308ssworx", old) is False

    async def test_accepts_nothing_without_an_account(self, hasher: PasswordHasher) -> None:
        assert await hasher.matches("x", None) is False

    @pytest.mark.parametrize("known", [account("hash of x"), account("y", wrapped=True), None])
    async def test_costs_the_same_checks_for_every_account_and_for_none(
        self, known: Account | None, context: FakeContext, fake_hasher: PasswordHasher
    ) -> None:
        await fake_hasher.matches("wrong", known)
        assert context.checks == 1
        await fake_hasher.matches(DECOMPOSED, known)
        assert context.checks == 3


class TestQueue:
    async def test_refuses_a_password_when_two_are_checked_and_twenty_wait(
        self, context: FakeContext, fake_hasher: PasswordHasher
    ) -> None:
        # Given
        context.unblocked.clear()
        tasks = [asyncio.create_task(fake_hasher.matches("x", None)) for _ in range(22)]
        await asyncio.sleep(0)
        # When
        with pytest.raises(PasswordsBusyError) as refused:
            await fake_hasher.matches("x", None)
        context.unblocked.set()
        await asyncio.gather(*tasks)
        # Then
        assert refused.value.waiting == 22
        assert context.checks == 22
        assert context.max_running == 2

    async def test_accepts_passwords_again_after_the_queue_was_full(
        self, context: FakeContext, fake_hasher: PasswordHasher
    ) -> None:
        await asyncio.gather(*(fake_hasher.matches("x", None) for _ in range(22)))
        await fake_hasher.matches("x", None)
        assert context.checks == 23

    async def test_releases_memory_when_it_has_been_idle(
        self, hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        released = asyncio.Event()
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(
            memory, "release_freed_memory", lambda: loop.call_soon_threadsafe(released.set)
        )
        monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
        # When
        await hasher.matches("x", None)
        # Then
        await asyncio.wait_for(released.wait(), 5)


class TestUpgrade:
    async def test_keeps_a_hash_with_the_current_parameters(self, hasher: PasswordHasher) -> None:
        stored = account(await hasher.hash("x"))
        assert await hasher.upgrade("x", stored) == stored.password_hash

    async def test_replaces_a_wrapped_digest_with_a_hash_of_the_password(
        self, hasher: PasswordHasher
    ) -> None:
        stored = account(await hasher.hash(sha256_digest("x")), wrapped=True)
        upgraded = await hasher.upgrade("x", stored)
        assert await hasher.matches("x", account(upgraded)) is True

    async def test_keeps_a_hash_of_the_normal_form(self, hasher: PasswordHasher) -> None:
        stored = account(await hasher.hash(COMPOSED))
        assert await hasher.upgrade(DECOMPOSED, stored) == stored.password_hash

    async def test_replaces_a_hash_of_a_password_as_it_was_typed(
        self, hasher: PasswordHasher
    ) -> None:
        old = account(argon2id(memory_kib=8, rounds=1).hash(DECOMPOSED))
        upgraded = account(await hasher.upgrade(DECOMPOSED, old))
        assert await hasher.matches(COMPOSED, upgraded) is True
        assert await hasher.matches(DECOMPOSED, upgraded) is True

    async def test_replaces_a_hash_with_other_parameters(self, hasher: PasswordHasher) -> None:
        old = argon2id(memory_kib=8, rounds=2)
        upgraded = await hasher.upgrade("x", account(old.hash("x")))
        assert upgraded.startswith("$argon2id$v=19$m=8,t=1,p=1$")
