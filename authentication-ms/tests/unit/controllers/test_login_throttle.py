import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from authentication.errors import PasswordsBusyError
from authentication.models.account import Account
from authentication.services.passwords import PasswordHasher
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]


class TestAddressForAnAccount:
    async def test_is_blocked_after_three_failures_even_with_the_right_password(
        self, add_account: AddAccount, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        await add_account()
        for _ in range(3):
            assert (await log_in(password="wrong")).status_code == 401
        clock.advance(seconds=60)
        # When
        blocked = await log_in()
        clock.advance(seconds=840)
        accepted = await log_in()
        # Then
        assert blocked.status_code == 429
        assert blocked.headers["Retry-After"] == "840"
        assert blocked.json()["type"] == "/problems/too-many-attempts"
        assert blocked.json()["detail"] == "Too many attempts. Try again in 840 seconds."
        assert accepted.status_code == 200

    async def test_is_blocked_for_an_unknown_account_as_well(self, log_in: LogIn) -> None:
        statuses = [(await log_in("no@shop.com")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]

    async def test_does_not_block_the_owner_at_another_address(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        for _ in range(4):
            await log_in(password="wrong")
        # When
        response = await log_in(address="198.51.100.9")
        # Then
        assert response.status_code == 200

    async def test_starts_at_zero_after_a_successful_login(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        passwords = ["wrong", "wrong", "correct horse"] * 2
        # When
        statuses = [(await log_in(password=password)).status_code for password in passwords]
        # Then
        assert statuses == [401, 401, 200, 401, 401, 200]


class TestAddress:
    async def test_is_blocked_for_all_accounts_after_six_failures(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        for number in range(6):
            await log_in(f"u{number}@shop.com")
        # When
        blocked = await log_in()
        accepted = await log_in(address="198.51.100.9")
        # Then
        assert (blocked.status_code, accepted.status_code) == (429, 200)

    async def test_is_not_blocked_by_attempts_that_were_blocked_already(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        for _ in range(20):
            await log_in("other@shop.com")
        # When
        response = await log_in()
        # Then
        assert response.status_code == 200

    async def test_is_not_blocked_by_successful_logins(
        self, add_account: AddAccount, log_in: LogIn, database: Database
    ) -> None:
        # Given
        await add_account()
        # When
        statuses = {(await log_in()).status_code for _ in range(10)}
        # Then
        assert statuses == {200}
        query = {"_id": {"$not": {"$regex": "^known"}}}
        assert [counter["count"] async for counter in database["throttles"].find(query)] == [0, 0]

    async def test_is_not_blocked_by_logins_that_were_refused_because_of_load(
        self,
        log_in: LogIn,
        hasher: PasswordHasher,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        async def refuse(*_: object) -> bool:
            raise PasswordsBusyError(22)

        monkeypatch.setattr(hasher, "matches", refuse)
        # When
        response = await log_in()
        # Then
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "2"
        assert response.json()["type"] == "/problems/busy"
        assert [counter["count"] async for counter in database["throttles"].find()] == [0, 0, 0]


class TestAccount:
    async def test_is_slowed_down_but_not_blocked_by_failures_at_many_addresses(
        self, add_account: AddAccount, log_in: LogIn, delays: list[float]
    ) -> None:
        # Given
        await add_account()
        for number in range(6):
            await log_in(password="wrong", address=f"203.0.113.{number}")
        # When
        response = await log_in()
        # Then
        assert response.status_code == 200
        assert delays == [0.25, 0.5]

    async def test_is_blocked_by_many_failures_except_where_its_owner_has_logged_in(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        await log_in(address="198.51.100.7")
        # When
        guesses = [
            await log_in(password="wrong", address=f"203.0.113.{number}") for number in range(9)
        ]
        right_guess = await log_in(address="203.0.113.9")
        owner = await log_in(address="198.51.100.7")
        # Then
        assert [response.status_code for response in guesses] == [401] * 8 + [429]
        assert (right_guess.status_code, owner.status_code) == (429, 200)

    async def test_is_blocked_if_the_guesses_are_simultaneous(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        # When
        guesses = await asyncio.gather(
            *(log_in(password="wrong", address=f"203.0.113.{number}") for number in range(20))
        )
        # Then
        assert sorted(response.status_code for response in guesses) == [401] * 8 + [429] * 12

    async def test_is_free_again_after_the_window(
        self, add_account: AddAccount, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        await add_account()
        for number in range(9):
            await log_in(password="wrong", address=f"203.0.113.{number}")
        # When
        clock.advance(minutes=15)
        # Then
        assert (await log_in(address="203.0.113.9")).status_code == 200
