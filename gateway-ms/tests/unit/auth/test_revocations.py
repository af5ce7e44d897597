from typing import Any

import pytest

from gateway.auth.revocations import Revocation, RevocationList
from gateway.testing import Client, ServiceDouble


async def unreachable() -> Any:
    raise ConnectionError


class TestIsRevoked:
    def test_concerns_all_tokens_of_a_session(self) -> None:
        # Given
        revocations = RevocationList(unreachable)
        revocations.replace([Revocation(session="s1")])
        # Then
        assert revocations.is_revoked("bob", "s1", 1e12)
        assert not revocations.is_revoked("bob", "s2", 0)

    def test_concerns_earlier_tokens_of_a_user_except_one_session(self) -> None:
        # Given
        revocations = RevocationList(unreachable)
        revocations.replace(
            [
                Revocation(email="ann", before=100.5, except_session="kept"),
                Revocation(email="ann", before=50),
            ]
        )
        # Then
        assert revocations.is_revoked("ann", "s2", 100.4)
        assert not revocations.is_revoked("ann", "s2", 100.5)
        assert not revocations.is_revoked("ann", "kept", 60)
        assert revocations.is_revoked("ann", "kept", 49)
        assert not revocations.is_revoked("bob", "s2", 0)

    def test_ends_when_a_new_list_lacks_the_revocation(self) -> None:
        # Given
        revocations = RevocationList(unreachable)
        revocations.replace([Revocation(session="s1")])
        # When
        revocations.replace([])
        # Then
        assert not revocations.is_revoked("bob", "s1", 0)


class TestPoll:
    async def test_keeps_the_last_list_while_authentication_is_down(self) -> None:
        # Given
        documents: list[Any] = [{"revocations": [{"session": "s1"}]}, {"nonsense": 1}]

        async def fetch() -> Any:
            if not documents:
                raise ConnectionError
            return documents.pop(0)

        revocations = RevocationList(fetch)
        for _ in range(3):
            # When
            await revocations.poll()
            # Then
            assert revocations.is_revoked("ann", "s1", 0)
            await revocations.check()

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


class TestCheck:
    async def test_fails_until_a_list_was_fetched(self) -> None:
        # Given
        revocations = RevocationList(unreachable)
        # When
        await revocations.poll()
        # Then
        with pytest.raises(ConnectionError):
            await revocations.check()
