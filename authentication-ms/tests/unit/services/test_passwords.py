import asyncio
import threading

import pytest
from passlib.context import CryptContext

from authentication.errors import PasswordsBusyError
from authentication.models.accounts import Account, AccountRole
from authentication.services import memory
from authentication.services import passwords as module
from authentication.services.passwords import Passwords, argon2id, sha256_digest

CHEAP = argon2id(memory_kib=8, rounds=1)


def account(password_hash: str, *, wrapped: bool = False) -> Account:
    return Account(
        id=1,
        email="a@b.com",
        role=AccountRole.USER,
        password_hash=password_hash,
        wrapped_sha256=wrapped,
    )


class CountingContext:
    """Counts the checks, which cost the same each, and can hold them."""

    def __init__(self) -> None:
        self.checks = 0
        self.at_once = 0
        self.most_at_once = 0
        self.released = threading.Event()
        self.released.set()

    def hash(self, secret: str) -> str:
        return f"hash of {secret}"

    def verify(self, secret: str, password_hash: str) -> bool:
        self.checks += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.released.wait(timeout=10)
        self.at_once -= 1
        return password_hash == f"hash of {secret}"


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingContext:
    return CountingContext()


class TestArgon2id:
    def test_Given_Defaults_When_Hashed_Then_ItIsArgon2idWith19MiBTwoRoundsOneLane(self) -> None:
        assert argon2id().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


class TestMatches:
    async def test_Given_Password_When_Checked_Then_OnlyTheSameMatches(self) -> None:
        with Passwords(CHEAP) as passwords:
            given = account(await passwords.hash("correct horse"))
            assert await passwords.matches("correct horse", given) is True
            assert await passwords.matches("correct Horse", given) is False

    async def test_Given_WrappedDigest_When_Checked_Then_ThePasswordMatchesAndTheDigestNot(
        self,
    ) -> None:
        with Passwords(CHEAP) as passwords:
            digest = sha256_digest("aaa@aaa.com")
            given = account(await passwords.hash(digest), wrapped=True)
            assert await passwords.matches("aaa@aaa.com", given) is True
            assert await passwords.matches(digest, given) is False

    @pytest.mark.parametrize("known", [account("hash of x"), account("y", wrapped=True), None])
    async def test_Given_AnyAccountOrNone_When_Checked_Then_ItCostsOneCheck(
        self, known: Account | None, counting: CountingContext
    ) -> None:
        with Passwords(counting) as passwords:  # type: ignore[arg-type]
            await passwords.matches("wrong", known)
        assert counting.checks == 1

    async def test_Given_NoAccount_When_Checked_Then_NothingMatches(self) -> None:
        with Passwords(CHEAP) as passwords:
            assert await passwords.matches("x", None) is False


class TestQueue:
    async def test_Given_TwoUnderWayAndTwentyWaiting_When_AnotherComes_Then_ItIsRefused(
        self, counting: CountingContext
    ) -> None:
        # Given
        counting.released.clear()
        with Passwords(counting) as passwords:  # type: ignore[arg-type]
            tasks = [asyncio.create_task(passwords.matches("x", None)) for _ in range(22)]
            await asyncio.sleep(0)
            # When
            with pytest.raises(PasswordsBusyError) as refused:
                await passwords.matches("x", None)
            # Then
            assert refused.value.waiting == 22
            counting.released.set()
            await asyncio.gather(*tasks)
        assert counting.checks == 22
        assert counting.most_at_once == 2

    async def test_Given_QueueWasFull_When_ItHasDrained_Then_PasswordsAreCheckedAgain(
        self, counting: CountingContext
    ) -> None:
        with Passwords(counting) as passwords:  # type: ignore[arg-type]
            await asyncio.gather(*(passwords.matches("x", None) for _ in range(22)))
            await passwords.matches("x", None)
        assert counting.checks == 23

    async def test_Given_NobodyWaits_When_IdleTimeIsOver_Then_MemoryIsGivenBackOnce(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        given_back = asyncio.Event()
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(memory, "give_back", lambda: loop.call_soon_threadsafe(given_back.set))
        monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
        with Passwords(CHEAP) as passwords:
            # When
            await passwords.matches("x", None)
            # Then
            await asyncio.wait_for(given_back.wait(), 5)


class TestRefreshed:
    async def test_Given_HashOfToday_When_Refreshed_Then_ItStays(self) -> None:
        with Passwords(CHEAP) as passwords:
            given = account(await passwords.hash("x"))
            assert await passwords.refreshed("x", given) == given.password_hash

    async def test_Given_WrappedDigest_When_Refreshed_Then_ThePasswordItselfIsHashed(self) -> None:
        with Passwords(CHEAP) as passwords:
            given = account(await passwords.hash(sha256_digest("x")), wrapped=True)
            renewed = await passwords.refreshed("x", given)
            assert await passwords.matches("x", account(renewed)) is True

    async def test_Given_OtherParameters_When_Refreshed_Then_ItIsHashedAnew(self) -> None:
        old: CryptContext = argon2id(memory_kib=8, rounds=2)
        with Passwords(CHEAP) as passwords:
            renewed = await passwords.refreshed("x", account(old.hash("x")))
        assert renewed.startswith("$argon2id$v=19$m=8,t=1,p=1$")
