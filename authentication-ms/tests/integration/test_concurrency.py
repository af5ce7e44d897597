"""Concurrent requests on a real database, with transactions and atomic updates."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account, AccountRole
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import MongoTransactions, Transactions
from shopkit.testing import FakeClock
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

EMAIL, PASSWORD, NEW_PASSWORD = "ann@shop.com", "correct horse", "battery staple"
ADMIN = caller_headers("root@shop.com", "admin")

repeated = pytest.mark.parametrize("run", range(5))


@pytest.fixture
def database(real_database: Database) -> Database:
    return real_database


@pytest.fixture
def transactions(database: Database) -> Transactions:
    return MongoTransactions(database.client)


async def statuses(*requests: Awaitable[httpx2.Response]) -> list[int]:
    return sorted(response.status_code for response in await asyncio.gather(*requests))


@repeated
class TestRefresh:
    async def test_spends_a_token_once_when_it_is_used_ten_times_concurrently(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        add_account: AddAccount,
        log_in: LogIn,
        run: int,
    ) -> None:
        # Given
        await add_account()
        tokens = (await log_in()).json()
        # When
        responses = await asyncio.gather(
            *(client.post("/api/refresh", json=tokens) for _ in range(10))
        )
        # Then the other nine count as theft, so the new token is revoked as well
        assert sorted(response.status_code for response in responses) == [200, *[401] * 9]
        assert await database["refresh_tokens"].count_documents({}) == 2
        assert await database["revocations"].count_documents({}) == 1
        [accepted] = [response for response in responses if response.status_code == 200]
        elsewhere = caller_headers("", "visitor", address="192.0.2.9")
        last = await client.post("/api/refresh", json=accepted.json(), headers=elsewhere)
        assert last.status_code == 401

    async def test_leaves_no_valid_token_after_a_concurrent_logout(
        self, client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn, run: int
    ) -> None:
        # Given
        await add_account()
        tokens = (await log_in()).json()
        # When
        refreshed, logged_out = await asyncio.gather(
            client.post("/api/refresh", json=tokens), client.post("/api/logout", json=tokens)
        )
        # Then
        assert logged_out.status_code == 204
        if refreshed.status_code == 200:
            tokens = refreshed.json()
        assert (await client.post("/api/refresh", json=tokens)).status_code == 401

    async def test_revokes_a_token_with_the_old_role_after_a_concurrent_change_of_role(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        add_account: AddAccount,
        log_in: LogIn,
        run: int,
    ) -> None:
        # Given
        account = await add_account()
        tokens = (await log_in()).json()
        # When
        refreshed, changed = await asyncio.gather(
            client.post("/api/refresh", json=tokens),
            client.patch(f"/api/users/{account.id}", json={"role": "admin"}, headers=ADMIN),
        )
        # Then
        assert (refreshed.status_code, changed.status_code) == (200, 200)
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        claims = jwt.get_unverified_claims(refreshed.json()["access_token"])
        assert (claims["role"] == "user") == (claims["iat"] < revocation["before"])


class TestChangeRole:
    @repeated
    async def test_keeps_one_admin_when_two_admins_demote_each_other(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        add_account: AddAccount,
        run: int,
    ) -> None:
        # Given
        admins = {
            letter: await add_account(f"{letter}@shop.com", role=AccountRole.ADMIN)
            for letter in "ab"
        }
        # When
        received = await statuses(
            *(
                client.patch(
                    f"/api/users/{admins[other].id}",
                    json={"role": "user"},
                    headers=caller_headers(f"{own}@shop.com", "admin"),
                )
                for own, other in ("ab", "ba")
            )
        )
        # Then
        assert received == [200, 409]
        assert await database["users"].count_documents({"role": "admin"}) == 1
        assert await database["audit"].count_documents({}) == 1
        assert await database["revocations"].count_documents({}) == 1


class TestRegister:
    async def test_creates_one_account_for_concurrent_registrations_of_an_email(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # When
        received = await statuses(
            *(
                client.post(
                    "/api/register",
                    json={"email": spelling, "password": PASSWORD},
                    headers=caller_headers("", "visitor", address=f"192.0.2.{number}"),
                )
                for number, spelling in enumerate([EMAIL, "ANN@shop.com"] * 4)
            )
        )
        # Then
        assert received == [201, *[400] * 7]
        assert await database["users"].count_documents({}) == 1


class TestThrottle:
    async def test_checks_only_three_of_ten_concurrent_passwords(
        self, database: Database, log_in: LogIn
    ) -> None:
        # When
        received = await statuses(*(log_in(password="wrong") for _ in range(10)))
        # Then
        assert received == [*[401] * 3, *[429] * 7]
        counters = {row["_id"]: row["count"] async for row in database["throttles"].find()}
        assert counters == {
            "login|192.0.2.1": 3,
            f"login|192.0.2.1|{EMAIL}": 3,
            f"account|{EMAIL}": 3,
        }

    async def test_counts_all_concurrent_attempts_that_start_a_window(
        self, database: Database, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        await log_in(password="wrong")
        clock.advance(minutes=15)
        # When
        received = await statuses(*(log_in(password="wrong") for _ in range(3)))
        # Then
        assert received == [401] * 3
        counter = await database["throttles"].find_one({"_id": "login|192.0.2.1"})
        assert counter is not None
        assert (counter["count"], counter["expires_at"]) == (3, clock.now.replace(minute=30))


class TestChangePassword:
    @repeated
    async def test_leaves_no_session_of_a_concurrent_login_with_the_old_password(
        self, client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn, run: int
    ) -> None:
        # Given
        await add_account()
        # When
        changed, logged_in = await asyncio.gather(
            client.post(
                "/api/me/password",
                json={"current": PASSWORD, "new": NEW_PASSWORD},
                headers=caller_headers(EMAIL),
            ),
            log_in(address="198.51.100.1"),
        )
        # Then
        assert changed.status_code == 204
        if logged_in.status_code == 200:
            response = await client.post("/api/refresh", json=logged_in.json())
            assert response.status_code == 401
        assert (await log_in(EMAIL, NEW_PASSWORD, address="198.51.100.2")).status_code == 200

    async def test_changes_nothing_if_the_audit_entry_cannot_be_stored(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        add_account: AddAccount,
        log_in: LogIn,
    ) -> None:
        # Given
        await add_account()
        tokens = (await log_in()).json()
        users = await database["users"].find().to_list()
        await database.command("collMod", "audit", validator={"never": True})
        # When
        response = await client.post(
            "/api/me/password",
            json={"current": PASSWORD, "new": NEW_PASSWORD},
            headers=caller_headers(EMAIL),
        )
        # Then
        assert response.status_code == 500
        assert await database["users"].find().to_list() == users
        assert await database["revocations"].count_documents({}) == 0
        assert (await client.post("/api/refresh", json=tokens)).status_code == 200
