import httpx2
from jose import jwt

from authentication.models.login_session import Revocation
from authentication.repositories.revocations import RevocationRepository
from authentication.services.keys import KeyRing
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


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
