from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account, AccountRole
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

ADMIN = {"X-User-Email": "root@shop.com", "X-User-Role": "admin"}
USER = {"X-User-Email": "ann@shop.com", "X-User-Role": "user"}


async def set_role(client: httpx2.AsyncClient, email: str, role: str) -> httpx2.Response:
    return await client.patch(f"/api/users/{email}", json={"role": role}, headers=ADMIN)


class TestAccess:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/api/users"),
            ("PATCH", "/api/users/ann@shop.com"),
            ("GET", "/api/admin/audit/authentication"),
        ],
    )
    async def test_Given_NoAdmin_When_Asked_Then_ItIs401Or403AndNothingChanges(
        self, client: httpx2.AsyncClient, add_account: AddAccount, method: str, path: str
    ) -> None:
        await add_account()
        for headers, status in (({}, 401), (USER, 403)):
            body = {"role": "admin"} if method == "PATCH" else None
            response = await client.request(method, path, headers=headers, json=body)
            assert response.status_code == status
        me = await client.get("/api/me", headers=USER)
        assert me.json()["role"] == "user"


class TestListUsers:
    async def test_Given_FiveAccounts_When_PagedByTwo_Then_EachComesOnceInOrder(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        # Given
        for letter in "ebdac":
            await add_account(f"{letter}@shop.com")
        # When
        pages: list[list[str]] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            response = await client.get("/api/users", params=query, headers=ADMIN)
            pages.append([row["email"][0] for row in response.json()["users"]])
            if response.json()["next_cursor"] is None:
                break
            query["cursor"] = response.json()["next_cursor"]
        # Then
        assert pages == [["a", "b"], ["c", "d"], ["e"]]

    async def test_Given_Accounts_When_Listed_Then_NoHashIsShown(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account(role=AccountRole.ADMIN)
        await database["users"].insert_one(
            {"email": "old@shop.com", "role": "user", "password_hash": "x"}
        )
        response = await client.get("/api/users", headers=ADMIN)
        assert response.json() == {
            "users": [
                {"email": "ann@shop.com", "role": "admin", "created_at": "2026-05-04T12:00:00Z"},
                {"email": "old@shop.com", "role": "user", "created_at": None},
            ],
            "next_cursor": None,
        }

    @pytest.mark.parametrize(
        "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "!"}, {"cursor": ""}]
    )
    async def test_Given_BadQuery_When_Listed_Then_ItIs422(
        self, client: httpx2.AsyncClient, query: dict[str, Any]
    ) -> None:
        response = await client.get("/api/users", params=query, headers=ADMIN)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(query)


class TestChangeRole:
    async def test_Given_User_When_Promoted_Then_TheirTokensEndAndTheChangeIsAudited(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        opened = await client.post(
            "/api/login", json={"email": "ann@shop.com", "password": "correct horse"}
        )
        # When
        response = await set_role(client, "ann@shop.com", "admin")
        # Then
        assert response.status_code == 200
        assert response.json() == {"email": "ann@shop.com", "role": "admin"}
        second = int(clock.now.timestamp())
        revocation = await database["revocations"].find_one({}, {"_id": 0, "expires_at": 0})
        assert revocation == {
            "email": "ann@shop.com",
            "session": None,
            "before": float(second + 1),
            "except_session": None,
        }
        entry = await database["audit"].find_one({}, {"_id": 0, "request_id": 0})
        assert entry == {
            "at": clock.now,
            "actor": "root@shop.com",
            "action": "role-changed",
            "subject": "ann@shop.com",
            "before": {"role": "user"},
            "after": {"role": "admin"},
        }
        renewed = await client.post("/api/refresh", json=opened.json())
        claims = jwt.get_unverified_claims(renewed.json()["access_token"])
        assert (claims["role"], claims["iat"], claims["exp"]) == (
            "admin",
            second + 1,
            second + 900,
        )

    async def test_Given_TokenOfAReplicaWhoseClockIsAhead_When_Promoted_Then_ItIsRevokedToo(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        opened = await client.post(
            "/api/login", json={"email": "ann@shop.com", "password": "correct horse"}
        )
        clock.advance(seconds=5)
        refreshed = await client.post("/api/refresh", json=opened.json())
        clock.advance(seconds=-5)
        # When
        await set_role(client, "ann@shop.com", "admin")
        # Then
        iat = jwt.get_unverified_claims(refreshed.json()["access_token"])["iat"]
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["before"] == iat + 1

    async def test_Given_LastAdmin_When_Demoted_Then_ItIs409AndNothingIsWritten(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account()
        response = await set_role(client, "root@shop.com", "user")
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/last-admin"
        row = await database["users"].find_one({"email": "root@shop.com"})
        assert row is not None
        assert row["role"] == "admin"
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_TwoAdmins_When_OneIsDemoted_Then_TheOtherStays(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account(role=AccountRole.ADMIN)
        assert (await set_role(client, "root@shop.com", "user")).status_code == 200
        admins = [row["email"] async for row in database["users"].find({"role": "admin"})]
        assert admins == ["ann@shop.com"]

    async def test_Given_SameRole_When_Given_Then_NothingIsRevokedOrAudited(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        response = await set_role(client, "ann@shop.com", "user")
        assert (response.status_code, response.json()["role"]) == (200, "user")
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_OtherSpelling_When_Given_Then_ItIsTheSameAccount(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await set_role(client, "Ann@SHOP.com", "admin")
        assert response.json() == {"email": "ann@shop.com", "role": "admin"}

    async def test_Given_SlashInTheEmail_When_Given_Then_ItIsFound(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account("a/b@shop.com")
        assert (await set_role(client, "a%2Fb@shop.com", "admin")).status_code == 200

    async def test_Given_NoSuchAccount_When_Given_Then_ItIs404(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await set_role(client, "no@shop.com", "admin")
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/not-found"

    @pytest.mark.parametrize("role", ["visitor", "", "root"])
    async def test_Given_NoSuchRole_When_Given_Then_ItIs422(
        self, client: httpx2.AsyncClient, add_account: AddAccount, role: str
    ) -> None:
        await add_account()
        assert (await set_role(client, "ann@shop.com", role)).status_code == 422
