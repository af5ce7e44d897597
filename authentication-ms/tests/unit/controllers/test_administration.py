from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account, AccountRole
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.apps import caller_headers
from shopkit.testing.hostile import hostile_urls

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

ADMIN = caller_headers("root@shop.com", "admin")
USER = caller_headers("ann@shop.com")


async def change_role(client: httpx2.AsyncClient, email: str, role: str) -> httpx2.Response:
    return await client.patch(f"/api/users/{email}", json={"role": role}, headers=ADMIN)


class TestAccess:
    @pytest.mark.parametrize(("headers", "status"), [({}, 401), (USER, 403)])
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/api/users", None),
            ("PATCH", "/api/users/ann@shop.com", {"role": "admin"}),
            ("GET", "/api/admin/audit/authentication", None),
        ],
    )
    async def test_is_refused_to_everyone_but_admins(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        headers: dict[str, str],
        status: int,
        method: str,
        path: str,
        body: dict[str, str] | None,
    ) -> None:
        # Given
        await add_account()
        # When
        response = await client.request(method, path, headers=headers, json=body)
        # Then
        assert response.status_code == status
        assert (await client.get("/api/me", headers=USER)).json()["role"] == "user"


class TestListUsers:
    async def test_returns_each_account_once_ordered_by_email(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        # Given
        for letter in "ebdac":
            await add_account(f"{letter}@shop.com")
        # When
        pages: list[list[str]] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await client.get("/api/users", params=query, headers=ADMIN)).json()
            pages.append([user["email"][0] for user in page["users"]])
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        # Then
        assert pages == [["a", "b"], ["c", "d"], ["e"]]

    async def test_shows_no_password_hashes(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account(role=AccountRole.ADMIN)
        await database["users"].insert_one(
            {"email": "old@shop.com", "role": "user", "password_hash": "x"}
        )
        # When
        response = await client.get("/api/users", headers=ADMIN)
        # Then
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
    async def test_refuses_an_invalid_query(
        self, client: httpx2.AsyncClient, query: dict[str, Any]
    ) -> None:
        response = await client.get("/api/users", params=query, headers=ADMIN)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(query)


class TestChangeRole:
    async def test_revokes_the_tokens_and_adds_an_audit_entry(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        tokens = (await log_in()).json()
        # When
        response = await change_role(client, "ann@shop.com", "admin")
        # Then
        assert response.status_code == 200
        assert response.json() == {"email": "ann@shop.com", "role": "admin"}
        revocation = await database["revocations"].find_one({}, {"_id": 0, "expires_at": 0})
        second = int(clock.now.timestamp())
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
        refreshed = (await client.post("/api/refresh", json=tokens)).json()
        claims = jwt.get_unverified_claims(refreshed["access_token"])
        assert (claims["role"], claims["iat"], claims["exp"]) == (
            "admin",
            second + 1,
            second + 900,
        )

    async def test_revokes_a_token_of_a_replica_whose_clock_is_ahead(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        tokens = (await log_in()).json()
        clock.advance(seconds=5)
        refreshed = (await client.post("/api/refresh", json=tokens)).json()
        clock.advance(seconds=-5)
        # When
        await change_role(client, "ann@shop.com", "admin")
        # Then
        iat = jwt.get_unverified_claims(refreshed["access_token"])["iat"]
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["before"] == iat + 1

    async def test_refuses_to_demote_the_last_admin(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account()
        # When
        response = await change_role(client, "root@shop.com", "user")
        # Then
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/last-admin"
        root = await database["users"].find_one({"email": "root@shop.com"})
        assert root is not None
        assert root["role"] == "admin"
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_demotes_one_of_two_admins(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account(role=AccountRole.ADMIN)
        # When
        response = await change_role(client, "root@shop.com", "user")
        # Then
        assert response.status_code == 200
        admins = [user["email"] async for user in database["users"].find({"role": "admin"})]
        assert admins == ["ann@shop.com"]

    async def test_changes_nothing_if_the_role_is_the_same(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account()
        # When
        response = await change_role(client, "ann@shop.com", "user")
        # Then
        assert (response.status_code, response.json()["role"]) == (200, "user")
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_normalizes_the_email(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await change_role(client, "Ann@SHOP.com", "admin")
        assert response.json() == {"email": "ann@shop.com", "role": "admin"}

    async def test_accepts_an_email_with_a_slash(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account("a/b@shop.com")
        assert (await change_role(client, "a%2Fb@shop.com", "admin")).status_code == 200

    async def test_reports_an_unknown_account(self, client: httpx2.AsyncClient) -> None:
        response = await change_role(client, "no@shop.com", "admin")
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/not-found"

    @pytest.mark.parametrize("role", ["visitor", "", "root"])
    async def test_refuses_an_unknown_role(
        self, client: httpx2.AsyncClient, add_account: AddAccount, role: str
    ) -> None:
        await add_account()
        assert (await change_role(client, "ann@shop.com", role)).status_code == 422


class TestParameters:
    async def test_of_any_text_get_an_answer(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        document = (await client.get("/openapi.json")).json()
        for url in hostile_urls(document, without="dead-letters"):
            assert (await client.get(url, headers=ADMIN)).status_code < 500, url
