from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account
from authentication.services.passwords import Passwords, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD, NEW = "ann@shop.com", "correct horse", "battery staple"


async def log_in(client: httpx2.AsyncClient, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/api/login", json={"email": EMAIL, "password": password})


def session_of(response: httpx2.Response) -> str:
    return str(jwt.get_unverified_claims(response.json()["access_token"])["sid"])


def caller(session: str = "", **headers: str) -> dict[str, str]:
    identity = {"X-User-Email": EMAIL, "X-User-Role": "user", "X-Client-Address": "192.0.2.1"}
    return identity | ({"X-User-Session": session} if session else {}) | headers


async def change(
    client: httpx2.AsyncClient, session: str = "", current: str = PASSWORD, new: str = NEW
) -> httpx2.Response:
    return await client.post(
        "/api/me/password", json={"current": current, "new": new}, headers=caller(session)
    )


class TestChangePassword:
    async def test_Given_TwoSessions_When_Changed_Then_TheOtherEndsAndTheCallersGoesOn(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        own, other = await log_in(client), await log_in(client)
        # When
        response = await change(client, session_of(own))
        # Then
        assert (response.status_code, response.content) == (204, b"")
        statuses = [
            (await client.post("/api/refresh", json=each.json())).status_code
            for each in (own, other)
        ]
        assert statuses == [200, 401]
        assert (await log_in(client)).status_code == 401
        assert (await log_in(client, NEW)).status_code == 200
        revocation = await database["revocations"].find_one({}, {"_id": 0, "expires_at": 0})
        assert revocation == {
            "email": EMAIL,
            "session": None,
            "before": clock.now.timestamp() + 1,
            "except_session": session_of(own),
        }

    async def test_Given_NoSessionNamed_When_Changed_Then_EverySessionEnds(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        opened = await log_in(client)
        assert (await change(client)).status_code == 204
        assert (await client.post("/api/refresh", json=opened.json())).status_code == 401
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["except_session"] is None

    async def test_Given_LogInInTheSameSecond_When_Changed_Then_ItsTokenIsNotAmongTheRevoked(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account()
        before_it = await log_in(client)
        # When
        await change(client)
        after_it = await log_in(client, NEW)
        # Then
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        issued = [
            jwt.get_unverified_claims(each.json()["access_token"])["iat"]
            for each in (before_it, after_it)
        ]
        assert issued[0] < revocation["before"] <= issued[1]

    async def test_Given_Change_When_Audited_Then_WhoAndWhenIsKeptAndNoHash(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        await add_account()
        await change(client)
        entry = await database["audit"].find_one({}, {"_id": 0, "request_id": 0})
        assert entry == {
            "at": clock.now,
            "actor": EMAIL,
            "action": "password-changed",
            "subject": EMAIL,
            "before": None,
            "after": None,
        }

    async def test_Given_WrongCurrentPassword_When_Changed_Then_ItIs422AndNothingChanges(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        opened = await log_in(client)
        response = await change(client, current="wrong")
        assert response.status_code == 422
        assert response.json()["errors"] == [
            {"field": "current", "message": "The current password is wrong."}
        ]
        assert (await client.post("/api/refresh", json=opened.json())).status_code == 200
        assert (await log_in(client)).status_code == 200
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_ThreeWrongOnes_When_TryingAgain_Then_ItIs429AsLogInIs(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        statuses = [(await change(client, current="wrong")).status_code for _ in range(4)]
        assert statuses == [422, 422, 422, 429]
        response = await client.post(
            "/api/login",
            json={"email": EMAIL, "password": PASSWORD},
            headers={"X-Client-Address": "192.0.2.1"},
        )
        assert response.status_code == 429

    async def test_Given_ShortNewPassword_When_Changed_Then_ItIs422(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await change(client, new="short")
        assert [error["field"] for error in response.json()["errors"]] == ["new"]

    async def test_Given_Visitor_When_Changed_Then_ItIs401(
        self, client: httpx2.AsyncClient
    ) -> None:
        body = {"current": PASSWORD, "new": NEW}
        assert (await client.post("/api/me/password", json=body)).status_code == 401

    async def test_Given_AccountIsGone_When_Changed_Then_ItIs401(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert (await change(client)).status_code == 401

    async def test_Given_WrappedDigest_When_Changed_Then_TheNewHashIsNotTakenForOne(
        self, client: httpx2.AsyncClient, database: Database, passwords: Passwords
    ) -> None:
        wrapped = await passwords.hash(sha256_digest(PASSWORD))
        await database["users"].insert_one(
            {"email": EMAIL, "role": "user", "password_hash": wrapped, "wrapped_sha256": True}
        )
        assert (await change(client)).status_code == 204
        assert (await log_in(client, NEW)).status_code == 200

    @pytest.mark.parametrize("update", [{"$set": {"password_hash": "replaced"}}, None])
    async def test_Given_PasswordOrAccountChangedMeanwhile_When_Changed_Then_NothingIsWritten(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        passwords: Passwords,
        monkeypatch: pytest.MonkeyPatch,
        update: dict[str, Any] | None,
    ) -> None:
        # Given
        await add_account()
        make_hash = passwords.hash

        async def hash_while_another_changes(password: str) -> str:
            if update:
                await database["users"].update_one({}, update)
            else:
                await database["users"].delete_many({})
            return await make_hash(password)

        monkeypatch.setattr(passwords, "hash", hash_while_another_changes)
        # When
        response = await change(client)
        # Then
        assert response.status_code == 422
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0
