import json
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"


async def register(
    client: httpx2.AsyncClient, *, address: str = "192.0.2.1", **body: Any
) -> httpx2.Response:
    return await client.post(
        "/api/register",
        content=json.dumps({"email": EMAIL, "password": PASSWORD} | body),
        headers=caller_headers("", "visitor", address=address)
        | {"Content-Type": "application/json"},
    )


class TestRegister:
    async def test_creates_a_user(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # When
        response = await register(client)
        # Then
        assert response.status_code == 201
        user = await database["users"].find_one({})
        assert user is not None
        account_id = str(user.pop("_id"))
        expected = {"id": account_id, "email": EMAIL, "role": "user", "mail_sent": True}
        assert response.json() == expected
        assert user.pop("password_hash").startswith("$argon2id$")
        assert user == {
            "email": EMAIL,
            "shown_email": EMAIL,
            "email_keys": [EMAIL, EMAIL.partition("@")[2]],
            "role": "user",
            "created_at": clock.now,
            "verified": False,
        }

    async def test_ignores_a_role_in_the_body(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        response = await register(client, role="admin", anything=[1])
        assert response.json()["role"] == "user"
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


EMAILS = [
    "müller@exämple.com",
    "Müller@EXÄMPLE.com",
    "用户@例え.テスト",
    "😀@exämple.com",
    "ann+shop@shop.com",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.de",
]


class TestRoundTrip:
    @pytest.mark.parametrize("email", EMAILS)
    async def test_registers_logs_in_reads_the_account_and_changes_the_password(
        self, client: httpx2.AsyncClient, log_in: LogIn, email: str
    ) -> None:
        # When
        registered = await register(client, email=email)
        # Then
        assert registered.status_code == 201, registered.text
        assert registered.json()["email"] == email
        # When
        for spelling in (email, email.upper(), unicodedata.normalize("NFD", email)):
            session = await log_in(spelling)
            assert session.status_code == 200, spelling
        claims = jwt.get_unverified_claims(session.json()["access_token"])
        headers = caller_headers(claims["email"], account_id=claims["sub"], session=claims["sid"])
        me = await client.get("/api/me", headers=headers)
        changed = await client.post(
            "/api/me/password",
            json={"current": PASSWORD, "new": "another password"},
            headers=headers,
        )
        # Then
        account = {"id": claims["sub"], "email": email, "role": "user"}
        assert registered.json() == account | {"mail_sent": True}
        profile = {"verified": False, "pending_email": None, "name": None, "locale": None}
        assert me.json() == account | profile
        assert changed.status_code == 204
        assert (await log_in(email, "another password")).status_code == 200

    async def test_has_254_characters_at_most(self, client: httpx2.AsyncClient) -> None:
        longest = EMAILS[-1]
        assert len(longest) == 254
        assert (await register(client, email=f"x{longest}")).status_code == 422

    async def test_finds_a_domain_in_both_forms_of_idna(
        self, client: httpx2.AsyncClient, log_in: LogIn
    ) -> None:
        await register(client, email="müller@exämple.com")
        assert (await log_in("müller@xn--exmple-cua.com")).status_code == 200
        assert (await register(client, email="MÜLLER@xn--exmple-cua.com")).status_code == 400


class TestGetMe:
    async def test_returns_the_callers_account(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        account = await add_account()
        response = await client.get("/api/me", headers=caller_headers(EMAIL))
        assert response.status_code == 200
        assert response.json() == {
            "id": str(account.id),
            "email": EMAIL,
            "role": "user",
            "verified": False,
            "pending_email": None,
            "name": None,
            "locale": None,
        }

    async def test_knows_the_caller_by_the_account_id_only(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        # Given
        ann, bob = await add_account(), await add_account("bob@shop.com")
        # When
        response = await client.get(
            "/api/me", headers=caller_headers(EMAIL, account_id=str(bob.id))
        )
        # Then
        assert response.json()["id"] == str(bob.id)
        assert response.json()["email"] == "bob@shop.com"
        assert bob.id != ann.id

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


class TestChangeMe:
    async def test_changes_only_what_the_request_names(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        # Given
        account = await add_account()
        headers = caller_headers(EMAIL)
        # When
        named = await client.patch("/api/me", json={"name": "  Ann  "}, headers=headers)
        localized = await client.patch("/api/me", json={"locale": "de-AT"}, headers=headers)
        cleared = await client.patch("/api/me", json={"name": ""}, headers=headers)
        # Then
        expected = {
            "id": str(account.id),
            "email": EMAIL,
            "role": "user",
            "verified": False,
            "pending_email": None,
            "name": "Ann",
            "locale": None,
        }
        assert named.json() == expected
        assert localized.json() == expected | {"locale": "de-AT"}
        assert cleared.json() == expected | {"name": None, "locale": "de-AT"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "x" * 101}, "name"),
            ({"name": "Ann\r\nBcc: eve@evil.example"}, "name"),
            ({"name": "\ud800"}, "name"),
            ({"locale": "german"}, "locale"),
            ({"locale": "de_AT"}, "locale"),
        ],
    )
    async def test_refuses_invalid_values(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        body: dict[str, Any],
        field: str,
    ) -> None:
        # Given
        await add_account()
        before = await database["users"].find_one({})
        # When
        headers = caller_headers(EMAIL) | {"Content-Type": "application/json"}
        response = await client.patch("/api/me", content=json.dumps(body), headers=headers)
        # Then
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert await database["users"].find_one({}) == before
