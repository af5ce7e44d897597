import httpx2
from jose import jwt

from authentication.models.sessions import Revocation
from authentication.repositories.revocations import RevocationRepository
from authentication.services.keys import KeyRing
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


class TestKeys:
    async def test_Given_Service_When_KeysAreAsked_Then_TheyVerifyItsTokens(
        self, client: httpx2.AsyncClient, keys: KeyRing
    ) -> None:
        response = await client.get("/api/.well-known/jwks.json")
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=60"
        [key] = response.json()["keys"]
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        token = keys.sign({"sub": "1"})
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        assert jwt.decode(token, response.json(), algorithms=["RS256"]) == {"sub": "1"}


class TestRevocations:
    async def test_Given_NothingRevoked_When_Asked_Then_TheListIsEmpty(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert (await client.get("/internal/revocations")).json() == {"revocations": []}

    async def test_Given_Revocation_When_ItsTokensHaveExpired_Then_ItIsNotListed(
        self, client: httpx2.AsyncClient, database: Database, clock: FakeClock
    ) -> None:
        # Given
        revocation = Revocation("a@b.com", None, 1.0, "s")
        await RevocationRepository(database).add(
            revocation, expires_at=clock.now.replace(minute=16), session=None
        )
        clock.advance(minutes=15, seconds=59)
        assert (await client.get("/internal/revocations")).json()["revocations"] == [
            {"email": "a@b.com", "session": None, "before": 1.0, "except_session": "s"}
        ]
        # When
        clock.advance(seconds=1)
        # Then
        assert (await client.get("/internal/revocations")).json() == {"revocations": []}
