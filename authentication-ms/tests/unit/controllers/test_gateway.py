import httpx2
import pytest
from jose import jwt

from authentication.models.login_session import Revocation
from authentication.repositories.revocations import RevocationRepository
from authentication.services.keys import KeyRing
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import caller_headers, service_headers


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
        assert (await client.get("/internal/revocations")).json() == {"revocations": []}

    async def test_returns_a_revocation_until_its_tokens_have_expired(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await RevocationRepository(database).insert(
            Revocation("a@b.com", None, 1.0, "s"),
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
            {"email": "a@b.com", "session": None, "before": 1.0, "except_session": "s"}
        ]
        assert after == {"revocations": []}
