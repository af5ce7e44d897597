import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from authentication.models.account import Account
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.apps import caller_headers

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"


async def register(
    client: httpx2.AsyncClient, *, address: str = "192.0.2.1", **body: Any
) -> httpx2.Response:
    return await client.post(
        "/api/register",
        content=json.dumps({"email": EMAIL, "password": PASSWORD} | body),
        headers={"X-Client-Address": address, "Content-Type": "application/json"},
    )


class TestRegister:
    async def test_creates_a_user(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # When
        response = await register(client)
        # Then
        assert response.status_code == 201
        assert response.json() == {"email": EMAIL, "role": "user"}
        user = await database["users"].find_one({}, {"_id": 0})
        assert user is not None
        assert user.pop("password_hash").startswith("$argon2id$")
        assert user == {
            "email": EMAIL,
            "email_keys": [EMAIL, EMAIL.partition("@")[2]],
            "role": "user",
            "created_at": clock.now,
        }

    async def test_ignores_a_role_in_the_body(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        response = await register(client, role="admin", anything=[1])
        assert response.json() == {"email": EMAIL, "role": "user"}
        assert await database["users"].count_documents({"role": "admin"}) == 0

    async def test_refuses_a_taken_email_without_confirming_the_account(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account()
        before = await database["users"].find_one({})
        # When
        response = await register(client, email=" ANN@Shop.com ", password="another one")
        # Then
        assert response.status_code == 400
        assert response.json()["type"] == "/problems/registration-refused"
        assert response.json()["detail"] == (
            "The account could not be created. If you already have one, sign in instead."
        )
        assert await database["users"].find().to_list() == [before]

    @pytest.mark.parametrize("length", [8, 128])
    async def test_accepts_passwords_of_8_to_128_characters(
        self, client: httpx2.AsyncClient, length: int
    ) -> None:
        assert (await register(client, password="é" * length)).status_code == 201

    @pytest.mark.parametrize(
        ("chosen", "typed"),
        [
            ("pa\u0308ssword", "p\u00e4ssword"),
            ("p\u00e4ssword", "pa\u0308ssword"),
            ("correct\u00a0horse", "correct horse"),
            ("a\u0308" * 128, "\u00e4" * 128),
        ],
    )
    async def test_accepts_a_password_however_it_is_typed_later(
        self, client: httpx2.AsyncClient, chosen: str, typed: str
    ) -> None:
        assert (await register(client, password=chosen)).status_code == 201
        for password, status in ((typed, 200), (chosen, 200), (typed[1:], 401)):
            body = {"email": EMAIL, "password": password}
            assert (await client.post("/api/login", json=body)).status_code == status

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"password": "1234567"}, "password"),
            ({"password": "a\u0308" * 7}, "password"),
            ({"password": "a" + "\u0308" * 1_024}, "password"),
            ({"password": "x" * 129}, "password"),
            ({"password": "\ud800" * 8}, "password"),
            ({"password": None}, "password"),
            ({"email": "no email"}, "email"),
            ({"email": "a@b"}, "email"),
            ({"email": "Ann <ann@shop.com>"}, "email"),
            ({"email": "\ud800@shop.com"}, "email"),
            ({"email": 5}, "email"),
            ({"email": "x" * 300 + "@shop.com"}, "email"),
        ],
    )
    async def test_refuses_an_invalid_field_before_anything_is_stored(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        body: dict[str, Any],
        field: str,
    ) -> None:
        # When
        response = await register(client, **body)
        # Then
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert await database["users"].count_documents({}) == 0
        assert await database["throttles"].count_documents({}) == 0

    @pytest.mark.parametrize("email", ["aaa@aaa.com", "bbb@bbb.com", "admin@admin.com"])
    async def test_accepts_the_emails_of_the_demo_data(
        self, client: httpx2.AsyncClient, email: str
    ) -> None:
        assert (await register(client, email=email)).status_code == 201

    async def test_blocks_an_address_after_two_registrations(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # Given
        for number in range(2):
            assert (await register(client, email=f"u{number}@shop.com")).status_code == 201
        # When
        blocked = await register(client)
        # Then
        assert blocked.status_code == 429
        assert blocked.headers["Retry-After"] == "3600"
        assert await database["users"].count_documents({}) == 2
        assert (await register(client, address="198.51.100.9")).status_code == 201
        clock.advance(hours=1)
        assert (await register(client, email="late@shop.com")).status_code == 201


class TestGetMe:
    async def test_returns_the_callers_account(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await client.get("/api/me", headers=caller_headers(EMAIL))
        assert (response.status_code, response.json()) == (200, {"email": EMAIL, "role": "user"})

    async def test_refuses_a_visitor(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/api/me")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"

    async def test_refuses_a_caller_whose_account_was_deleted(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get("/api/me", headers=caller_headers(EMAIL))
        assert response.status_code == 401
        assert response.json()["type"] == "/problems/unauthenticated"
