from collections.abc import Awaitable, Callable

import httpx2
import pytest
from bson import ObjectId
from jose import jwt

from authentication.models.account import Account
from authentication.models.login_session import Revocation
from authentication.repositories.revocations import RevocationRepository
from authentication.services import revocations as revocation_service
from authentication.services.keys import KeyRing
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import caller_headers, service_headers

AddAccount = Callable[..., Awaitable[Account]]


class TestGetKeys:
    async def test_returns_keys_that_verify_tokens(
        self, client: httpx2.AsyncClient, keys: KeyRing
    ) -> None:
        # Given
        token = keys.sign({"sub": "1"})
        # When
        response = await client.get("/api/.well-known/jwks.json")
        # Then
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=60"
        [key] = response.json()["keys"]
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        assert jwt.decode(token, response.json(), algorithms=["RS256"]) == {"sub": "1"}


class TestListRevocations:
    @pytest.fixture(autouse=True)
    def prove_gateway(self, client: httpx2.AsyncClient) -> None:
        client.headers.update(service_headers("gateway-ms", "authentication-ms"))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-User-Role": "admin"},
            caller_headers("root@shop.com", "admin"),
            service_headers("orders-ms", "authentication-ms"),
            service_headers("gateway-ms", "products-ms"),
        ],
    )
    async def test_refuses_everyone_but_the_gateway(
        self, client: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        # Given
        del client.headers["Authorization"]
        # When
        response = await client.get("/internal/revocations", headers=headers)
        # Then
        assert response.status_code == 401
        assert response.json()["detail"] == "The request does not prove who sent it."

    async def test_returns_an_empty_list(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/internal/revocations")).json() == {
            "revocations": [],
            "next_cursor": None,
        }

    async def test_returns_a_revocation_until_its_tokens_have_expired(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await RevocationRepository(database).insert(
            Revocation("a" * 24, "a@b.com", None, 1.0, "s"),
            expires_at=clock.now.replace(minute=16),
            session=None,
        )
        clock.advance(minutes=15, seconds=59)
        # When
        before = (await client.get("/internal/revocations")).json()
        clock.advance(seconds=1)
        after = (await client.get("/internal/revocations")).json()
        # Then
        assert before["revocations"] == [
            {
                "account": "a" * 24,
                "email": "a@b.com",
                "session": None,
                "before": 1.0,
                "except_session": "s",
            }
        ]
        assert after["revocations"] == []

    async def test_returns_all_of_them_page_by_page(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(revocation_service, "PAGE", 2)
        repository = RevocationRepository(database)
        for number in range(5):
            await repository.insert(
                Revocation(None, None, f"s{number}", 1.0, None),
                expires_at=clock.now.replace(minute=16),
                session=None,
            )
        # When
        sessions: list[str] = []
        query: dict[str, str] | None = {}
        while query is not None:
            page = (await client.get("/internal/revocations", params=query)).json()
            sessions += [revocation["session"] for revocation in page["revocations"]]
            query = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        # Then
        assert sorted(sessions) == ["s0", "s1", "s2", "s3", "s4"]

    async def test_includes_those_of_replicas_of_the_previous_release(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # Given
        row = {"email": "a@b.com", "session": None, "before": 1.0, "except_session": None}
        await database["revocations"].insert_one(
            row | {"_id": ObjectId(), "expires_at": clock.now.replace(minute=16)}
        )
        # Then
        page = (await client.get("/internal/revocations")).json()
        assert page["revocations"] == [row | {"account": None}]


class TestFindAccounts:
    async def test_returns_the_ids_of_known_addresses(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        # Given
        ann = await add_account("Müller@exämple.com")
        await add_account("bob@shop.com")
        # When
        response = await client.post(
            "/internal/accounts",
            json={"emails": ["müller@exämple.com", "nobody@shop.com"]},
            headers=service_headers("orders-ms", "authentication-ms"),
        )
        # Then
        assert response.json() == {"accounts": {"müller@exämple.com": str(ann.id)}}

    async def test_reads_at_most_500_at_a_time(self, client: httpx2.AsyncClient) -> None:
        response = await client.post(
            "/internal/accounts",
            json={"emails": ["a@b.com"] * 501},
            headers=service_headers("orders-ms", "authentication-ms"),
        )
        assert response.status_code == 422

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            caller_headers("root@shop.com", "admin"),
            service_headers("gateway-ms", "authentication-ms"),
        ],
    )
    async def test_refuses_everyone_but_orders_ms(
        self, client: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        response = await client.post("/internal/accounts", json={"emails": []}, headers=headers)
        assert response.status_code == 401
