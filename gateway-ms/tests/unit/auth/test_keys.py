from typing import Any

import pytest

from gateway.auth.keys import KeyStore
from gateway.errors import InvalidTokenError, KeysUnavailableError
from gateway.testing import FakeClock, Signer, running_gateway


class FakeAuthentication:
    """Publishes keys, and counts how often they are fetched."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = signers
        self.fetches = 0
        self.down = False

    async def fetch(self) -> Any:
        self.fetches += 1
        if self.down:
            raise ConnectionError
        return {"keys": [signer.jwk() for signer in self.signers]}


@pytest.fixture
def authentication(signer: Signer) -> FakeAuthentication:
    return FakeAuthentication(signer)


@pytest.fixture
def keys(authentication: FakeAuthentication, clock: FakeClock) -> KeyStore:
    return KeyStore(authentication.fetch, clock=clock)


class TestFind:
    async def test_fetches_an_unknown_key_at_most_once_in_ten_seconds(
        self, authentication: FakeAuthentication, keys: KeyStore, clock: FakeClock
    ) -> None:
        # Given
        await keys.refresh()
        for seconds, fetches in [(0.0, 1), (9.9, 1), (0.2, 2), (0.0, 2), (9.9, 2), (0.2, 3)]:
            # When
            clock.advance(seconds)
            with pytest.raises(InvalidTokenError):
                await keys.find("unknown")
            # Then
            assert authentication.fetches == fetches

    async def test_returns_a_rotated_key(
        self,
        authentication: FakeAuthentication,
        keys: KeyStore,
        clock: FakeClock,
        signer: Signer,
        stranger: Signer,
    ) -> None:
        # Given
        await keys.refresh()
        generation = keys.generation
        authentication.signers = (signer, stranger)
        clock.advance(10)
        # When
        key = await keys.find(stranger.kid)
        # Then
        assert key is keys.get(stranger.kid)
        assert keys.generation == generation + 1

    async def test_does_not_blame_the_token_if_no_keys_can_be_fetched(
        self, authentication: FakeAuthentication, keys: KeyStore
    ) -> None:
        authentication.down = True
        with pytest.raises(KeysUnavailableError):
            await keys.find("any")

    async def test_returns_known_keys_while_authentication_is_down(
        self,
        authentication: FakeAuthentication,
        keys: KeyStore,
        clock: FakeClock,
        signer: Signer,
    ) -> None:
        # Given
        await keys.refresh()
        authentication.down = True
        await keys.refresh()
        # When
        key = await keys.find(signer.kid)
        # Then
        assert key is keys.get(signer.kid)
        clock.advance(60)
        with pytest.raises(KeysUnavailableError):
            await keys.find("unknown")


class TestRefresh:
    async def test_is_repeated_sooner_after_a_failure(
        self, authentication: FakeAuthentication, keys: KeyStore
    ) -> None:
        assert await keys.refresh() == 300
        authentication.down = True
        assert await keys.refresh() == 1

    @pytest.mark.parametrize(
        "change",
        [{"kty": "oct", "k": "c2VjcmV0"}, {"alg": "HS256"}, {"use": "enc"}, {"kid": None}],
    )
    async def test_ignores_keys_that_are_not_for_access_tokens(
        self, signer: Signer, clock: FakeClock, change: dict[str, Any]
    ) -> None:
        # Given
        async def fetch() -> Any:
            return {"keys": [signer.jwk() | change]}

        keys = KeyStore(fetch, clock=clock)
        # When
        await keys.refresh()
        # Then
        assert keys.get(signer.kid) is None


class TestCheck:
    async def test_fails_until_keys_were_fetched(self, keys: KeyStore) -> None:
        with pytest.raises(ConnectionError):
            await keys.check()
        await keys.refresh()
        await keys.check()


async def test_gateway_without_keys_is_unavailable_and_not_ready(user: dict[str, str]) -> None:
    # Given
    async with running_gateway("http://127.0.0.1:1", wait_until_ready=False) as client:
        # When
        response = await client.request("GET", "/api/orders", user)
        ready = await client.check_ready()
    # Then
    assert response.status == 503
    assert response.json()["type"] == "/problems/unavailable"
    assert response.header("Retry-After") == "1"
    assert ready.status_code == 503
    assert set(ready.json()["failing"]) == {"keys", "revocations"}
