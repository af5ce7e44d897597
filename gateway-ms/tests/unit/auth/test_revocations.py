import time
from typing import Any

import pytest

from gateway.auth.revocations import Revocation, RevocationList
from gateway.errors import RevocationsUnavailableError
from gateway.testing import Client, FakeClock, ServiceDouble, running_gateway

ANN, BOB = "a" * 24, "b" * 24


async def unreachable(**_query: str) -> Any:
    raise ConnectionError


@pytest.fixture
def revocations(clock: FakeClock) -> RevocationList:
    return RevocationList(unreachable, max_age_seconds=300, clock=clock)


class TestIsRevoked:
    def test_concerns_all_tokens_of_a_session(self, revocations: RevocationList) -> None:
        # Given
        revocations.replace([Revocation(session="s1")], 0)
        # Then
        assert revocations.is_revoked(BOB, "bob", "s1", 1e12)
        assert not revocations.is_revoked(BOB, "bob", "s2", 0)

    # The previous release of authentication-ms knows the email address only.
    @pytest.mark.parametrize("owner", [{"account": ANN, "email": "ann"}, {"email": "ann"}])
    def test_concerns_earlier_tokens_of_an_account_except_one_session(
        self, revocations: RevocationList, owner: dict[str, str]
    ) -> None:
        # Given
        revocations.replace(
            [
                Revocation(**owner, before=100.5, except_session="kept"),
                Revocation(**owner, before=50),
            ],
            0,
        )
        # Then
        assert revocations.is_revoked(ANN, "ann", "s2", 100.4)
        assert not revocations.is_revoked(ANN, "ann", "s2", 100.5)
        assert not revocations.is_revoked(ANN, "ann", "kept", 60)
        assert revocations.is_revoked(ANN, "ann", "kept", 49)
        assert not revocations.is_revoked(BOB, "bob", "s2", 0)

    def test_ends_when_a_new_list_lacks_the_revocation(self, revocations: RevocationList) -> None:
        # Given
        revocations.replace([Revocation(session="s1")], 0)
        # When
        revocations.replace([], 1)
        # Then
        assert not revocations.is_revoked(BOB, "bob", "s1", 0)


class TestPoll:
    async def test_keeps_the_last_list_while_authentication_is_down(self) -> None:
        # Given
        documents: list[Any] = [{"revocations": [{"session": "s1"}]}, {"nonsense": 1}]

        async def fetch(**_query: str) -> Any:
            if not documents:
                raise ConnectionError
            return documents.pop(0)

        revocations = RevocationList(fetch, max_age_seconds=300)
        for _ in range(3):
            # When
            await revocations.poll()
            # Then
            assert revocations.is_revoked(ANN, "ann", "s1", 0)
            await revocations.check()

    async def test_reads_all_pages(self) -> None:
        # Given
        pages: dict[str, Any] = {
            "": {"revocations": [{"session": "s1"}], "next_cursor": "2"},
            "2": {"revocations": [{"session": "s2"}], "next_cursor": "3"},
            "3": {"revocations": [], "next_cursor": None},
        }

        async def fetch(**query: str) -> Any:
            return pages[query.get("cursor", "")]

        revocations = RevocationList(fetch, max_age_seconds=300)
        # When
        await revocations.poll()
        # Then
        assert [revocations.is_revoked(ANN, "ann", f"s{n}", 0) for n in (1, 2, 3)] == [
            True,
            True,
            False,
        ]

    async def test_makes_the_gateway_refuse_a_cached_token(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        assert (await client.request("GET", "/api/orders", user)).status == 200
        service.revocations = [{"session": "session-of-ann", "before": 0}]
        # When
        await client.gateway.services.revocations.poll()
        # Then
        responses = [await client.request("GET", "/api/orders", user) for _ in range(2)]
        assert [response.status for response in responses] == [401, 401]


class TestRequireCurrent:
    def test_fails_without_a_list(self, revocations: RevocationList) -> None:
        assert not revocations.is_current
        with pytest.raises(RevocationsUnavailableError):
            revocations.require_current()

    def test_fails_once_the_list_is_too_old(
        self, revocations: RevocationList, clock: FakeClock
    ) -> None:
        # Given
        revocations.replace([], clock())
        # When
        clock.advance(300)
        revocations.require_current()
        clock.advance(1)
        # Then
        with pytest.raises(RevocationsUnavailableError):
            revocations.require_current()

    async def test_counts_from_the_beginning_of_the_request(self, clock: FakeClock) -> None:
        # Given
        async def fetch(**_query: str) -> Any:
            clock.advance(200)
            return {"revocations": []}

        revocations = RevocationList(fetch, max_age_seconds=300, clock=clock)
        # When
        await revocations.poll()
        clock.advance(101)
        # Then
        assert not revocations.is_current


class TestGateway:
    async def test_accepts_no_token_until_it_has_had_a_list(
        self, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        service.revocations_down = True
        async with running_gateway(service.url, wait_until_ready=False) as client:
            await client.gateway.services.keys.refresh()
            # When
            response = await client.request("GET", "/api/orders", user)
            public = await client.request("GET", "/api/products", user)
            visitor = await client.request("GET", "/api/orders")
            # Then
            assert response.status == 503
            assert response.json()["type"] == "/problems/unavailable"
            assert response.header("Retry-After") == "1"
            assert visitor.status == 401
            assert public.status == 200
            assert [request.target for request in service.received] == ["/api/products"]
            assert service.received[0].headers["X-User-Role"] == "visitor"
            # When
            service.revocations_down = False
            await client.gateway.services.revocations.poll()
            # Then
            assert (await client.request("GET", "/api/orders", user)).status == 200

    async def test_accepts_no_token_once_its_list_is_too_old(
        self, client: Client, user: dict[str, str]
    ) -> None:
        # Given
        assert (await client.request("GET", "/api/orders", user)).status == 200
        # When
        client.gateway.services.revocations.replace([], time.monotonic() - 301)
        # Then
        assert (await client.request("GET", "/api/orders", user)).status == 503


class TestCheck:
    async def test_fails_until_a_list_was_fetched(self, revocations: RevocationList) -> None:
        # When
        await revocations.poll()
        # Then
        with pytest.raises(ConnectionError):
            await revocations.check()
