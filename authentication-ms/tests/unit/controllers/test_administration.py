from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from bson import ObjectId
from jose import jwt

from authentication.dependencies import Services
from authentication.models.account import Account, AccountRole
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import an_id
from shopkit.testing.hostile import hostile_urls
from shopkit.testing.proofs import account_id_of, caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

ADMIN = caller_headers("root@shop.com", "admin")
USER = caller_headers("ann@shop.com")


async def change_role(client: httpx2.AsyncClient, account: Account, role: str) -> httpx2.Response:
    return await client.patch(f"/api/users/{account.id}", json={"role": role}, headers=ADMIN)


class TestAccess:
    @pytest.mark.parametrize(("headers", "status"), [({}, 401), (USER, 403)])
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/api/users", None),
            ("GET", f"/api/users/{an_id(1)}", None),
            ("PATCH", f"/api/users/{an_id(1)}", {"role": "admin"}),
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
        ann = await add_account(role=AccountRole.ADMIN)
        await database["users"].insert_one(
            {
                "_id": ObjectId(an_id(7)),
                "email": "old@shop.com",
                "role": "user",
                "password_hash": "x",
            }
        )
        # When
        response = await client.get("/api/users", headers=ADMIN)
        # Then
        assert response.json() == {
            "users": [
                {
                    "id": str(ann.id),
                    "email": "ann@shop.com",
                    "role": "admin",
                    "created_at": "2026-05-04T12:00:00Z",
                },
                {"id": an_id(7), "email": "old@shop.com", "role": "user", "created_at": None},
            ],
            "next_cursor": None,
        }

    @pytest.mark.parametrize(
        ("email", "expected"),
        [
            (" ANN ", ["ann@shop.com", "anna@other.example"]),
            ("ann@", ["ann@shop.com"]),
            ("Shop.com", ["ann@shop.com", "ben@shop.com"]),
            ("@other", ["anna@other.example"]),
            ("nn", []),
            (".*", []),
            (" ", ["ann@shop.com", "anna@other.example", "ben@shop.com"]),
        ],
    )
    async def test_finds_the_beginnings_of_addresses_and_domains(
        self, client: httpx2.AsyncClient, add_account: AddAccount, email: str, expected: list[str]
    ) -> None:
        # Given
        for address in ("ben@shop.com", "anna@other.example", "ann@shop.com"):
            await add_account(address)
        # When
        response = await client.get("/api/users", params={"email": email}, headers=ADMIN)
        # Then
        assert [user["email"] for user in response.json()["users"]] == expected

    async def test_finds_an_account_of_a_replica_of_the_previous_release_a_moment_later(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        services: Services,
        database: Database,
    ) -> None:
        # Given
        await add_account("ann@shop.com")
        await database["users"].update_many({}, {"$unset": {"email_keys": ""}})
        # When
        await services.administration.add_missing_keys()
        # Then
        response = await client.get("/api/users?email=shop", headers=ADMIN)
        assert [user["email"] for user in response.json()["users"]] == ["ann@shop.com"]

    @pytest.mark.parametrize(
        "query",
        [
            {"email": "a" * 321},
            {"limit": 0},
            {"limit": 101},
            {"limit": "x"},
            {"cursor": "!"},
            {"cursor": ""},
        ],
    )
    async def test_refuses_an_invalid_query(
        self, client: httpx2.AsyncClient, query: dict[str, Any]
    ) -> None:
        response = await client.get("/api/users", params=query, headers=ADMIN)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(query)


class TestGetUser:
    async def test_returns_the_account(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        ann = await add_account()
        response = await client.get(f"/api/users/{ann.id}", headers=ADMIN)
        assert (response.status_code, response.json()) == (
            200,
            {
                "id": str(ann.id),
                "email": "ann@shop.com",
                "role": "user",
                "created_at": "2026-05-04T12:00:00Z",
            },
        )

    async def test_does_not_find_an_unknown_account(self, client: httpx2.AsyncClient) -> None:
        response = await client.get(f"/api/users/{an_id(7)}", headers=ADMIN)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")

    async def test_refuses_an_invalid_id(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/api/users/x", headers=ADMIN)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "account_id")


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
        ann = await add_account()
        tokens = (await log_in()).json()
        # When
        response = await change_role(client, ann, "admin")
        # Then
        assert response.status_code == 200
        assert response.json() == {
            "id": str(ann.id),
            "email": "ann@shop.com",
            "role": "admin",
            "created_at": "2026-05-04T12:00:00Z",
        }
        revocation = await database["revocations"].find_one({}, {"_id": 0, "expires_at": 0})
        second = int(clock.now.timestamp())
        assert revocation == {
            "account": account_id_of("ann@shop.com"),
            "email": "ann@shop.com",
            "session": None,
            "before": float(second + 1),
            "except_session": None,
        }
        entry = await database["audit"].find_one({}, {"_id": 0, "request_id": 0})
        assert entry == {
            "at": clock.now,
            "actor": "root@shop.com",
            "actor_id": account_id_of("root@shop.com"),
            "action": "role-changed",
            "subject": "ann@shop.com",
            "subject_id": account_id_of("ann@shop.com"),
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
        ann = await add_account()
        tokens = (await log_in()).json()
        clock.advance(seconds=5)
        refreshed = (await client.post("/api/refresh", json=tokens)).json()
        clock.advance(seconds=-5)
        # When
        await change_role(client, ann, "admin")
        # Then
        iat = jwt.get_unverified_claims(refreshed["access_token"])["iat"]
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["before"] == iat + 1

    async def test_refuses_to_demote_the_last_admin(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        root = await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account()
        # When
        response = await change_role(client, root, "user")
        # Then
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/last-admin"
        stored = await database["users"].find_one({"email": "root@shop.com"})
        assert stored is not None
        assert stored["role"] == "admin"
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_demotes_one_of_two_admins(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        root = await add_account("root@shop.com", role=AccountRole.ADMIN)
        await add_account(role=AccountRole.ADMIN)
        # When
        response = await change_role(client, root, "user")
        # Then
        assert response.status_code == 200
        admins = [user["email"] async for user in database["users"].find({"role": "admin"})]
        assert admins == ["ann@shop.com"]

    async def test_changes_nothing_if_the_role_is_the_same(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        ann = await add_account()
        # When
        response = await change_role(client, ann, "user")
        # Then
        assert (response.status_code, response.json()["role"]) == (200, "user")
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    @pytest.mark.parametrize("email", ["a/b@shop.com", "..@shop.com", "a%2fb?c#d@shop.com"])
    async def test_changes_the_role_of_any_email(
        self, client: httpx2.AsyncClient, add_account: AddAccount, email: str
    ) -> None:
        account = await add_account(email)
        response = await change_role(client, account, "admin")
        assert (response.status_code, response.json()["email"]) == (200, email)

    async def test_reports_an_unknown_account(self, client: httpx2.AsyncClient) -> None:
        response = await client.patch(
            f"/api/users/{an_id(77)}", json={"role": "admin"}, headers=ADMIN
        )
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/not-found"

    @pytest.mark.parametrize("bad", ["ann@shop.com", "A" * 24, "0" * 25])
    async def test_refuses_an_invalid_id(
        self, client: httpx2.AsyncClient, add_account: AddAccount, bad: str
    ) -> None:
        await add_account()
        response = await client.patch(f"/api/users/{bad}", json={"role": "admin"}, headers=ADMIN)
        assert response.status_code == 422

    @pytest.mark.parametrize("role", ["visitor", "", "root"])
    async def test_refuses_an_unknown_role(
        self, client: httpx2.AsyncClient, add_account: AddAccount, role: str
    ) -> None:
        ann = await add_account()
        assert (await change_role(client, ann, role)).status_code == 422


class TestParameters:
    async def test_of_any_text_get_an_answer(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        document = (await client.get("/openapi.json")).json()
        for url in hostile_urls(document, without="dead-letters"):
            assert (await client.get(url, headers=ADMIN)).status_code < 500, url
