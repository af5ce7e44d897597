from functools import partial

import pytest

from authentication import runtime
from authentication.errors import UnusableKeyError
from authentication.main import create_app
from authentication.services.passwords import argon2id
from authentication.settings import AuthenticationSettings
from shopkit import checks
from shopkit.testing.apps import client_of, monitor_of


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "argon2id", partial(argon2id, memory_kib=8, rounds=1))


async def test_is_alive_but_not_ready_without_a_database(
    settings: AuthenticationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(checks, "CHECK_SECONDS", 0.2)
    app = create_app(settings)
    async with client_of(app) as client, monitor_of(app) as monitor:
        # When
        health = await client.get("/api/authentication_health")
        ready = await monitor.get("/ready")
    # Then
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert set(ready.json()["failing"]) == {"database", "migrations"}


async def test_refuses_an_unusable_key(settings: AuthenticationSettings) -> None:
    unusable = AuthenticationSettings(**settings.model_dump() | {"previous_key": "nonsense"})
    with pytest.raises(UnusableKeyError, match="PREVIOUS_KEY"):
        async with runtime.running(unusable):
            pass
