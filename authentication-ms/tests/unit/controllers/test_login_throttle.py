from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from authentication.models.accounts import Account, AccountRole
from authentication.services.passwords import Passwords
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"


async def log_in(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    body = {"email": EMAIL, "password": PASSWORD} | changes
    address = body.pop("address", "192.0.2.1")
    return await client.post("/api/login", json=body, headers={"X-Client-Address": address})


class TestThrottledLogIn:
    async def test_Given_ThreeFailuresOfAPair_When_TryingAgain_Then_EvenTheRightPasswordIs429(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        # Given
        await add_account()
        for _ in range(3):
            assert (await log_in(client, password="wrong")).status_code == 401
        clock.advance(seconds=60)
        # When
        response = await log_in(client)
        # Then
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "840"
        assert response.json()["type"] == "/problems/too-many-attempts"
        clock.advance(seconds=840)
        assert (await log_in(client)).status_code == 200

    async def test_Given_UnknownAccount_When_TriedTooOften_Then_ItIs429Alike(
        self, client: httpx2.AsyncClient
    ) -> None:
        statuses = [(await log_in(client, email="no@shop.com")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]

    async def test_Given_BlockedPair_When_TheOwnerComesFromElsewhere_Then_TheyGetIn(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for _ in range(4):
            await log_in(client, password="wrong")
        assert (await log_in(client, address="198.51.100.9")).status_code == 200

    async def test_Given_CorrectLogIn_When_FailingLater_Then_ThePairIsCountedAnew(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        passwords = ["wrong", "wrong", PASSWORD, "wrong", "wrong", PASSWORD]
        statuses = [(await log_in(client, password=each)).status_code for each in passwords]
        assert statuses == [401, 401, 200, 401, 401, 200]

    async def test_Given_SixFailuresOfAnAddress_When_TryingAnyAccount_Then_ItIs429(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for number in range(6):
            await log_in(client, email=f"u{number}@shop.com")
        assert (await log_in(client)).status_code == 429
        assert (await log_in(client, address="198.51.100.9")).status_code == 200

    async def test_Given_BlockedPair_When_HammeredOn_Then_TheAddressIsNotBlockedForOthers(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for _ in range(20):
            await log_in(client, email="other@shop.com")
        assert (await log_in(client)).status_code == 200

    async def test_Given_ManyGoodLogIns_When_LoggingIn_Then_NothingIsCounted(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        statuses = {(await log_in(client)).status_code for _ in range(10)}
        assert statuses == {200}
        counts = [row["count"] async for row in database["throttles"].find()]
        assert counts == [0, 0]

    async def test_Given_AccountTriedFromManyAddresses_When_TheOwnerLogsIn_Then_ItIsOnlySlowed(
        self, client: httpx2.AsyncClient, add_account: AddAccount, slept: list[float]
    ) -> None:
        # Given
        await add_account()
        for number in range(6):
            await log_in(client, password="wrong", address=f"203.0.113.{number}")
        assert slept == [0.25]
        # When
        response = await log_in(client)
        # Then
        assert response.status_code == 200
        assert slept == [0.25, 0.5]

    async def test_Given_QueueIsFull_When_LoggingIn_Then_ItIs503AndNoFailureIsCounted(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        passwords: Passwords,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_account(role=AccountRole.USER)
        monkeypatch.setattr(passwords, "_under_way", 22)
        response = await log_in(client)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "2"
        assert response.json()["type"] == "/problems/busy"
        assert [row["count"] async for row in database["throttles"].find()] == [0, 0, 0]
