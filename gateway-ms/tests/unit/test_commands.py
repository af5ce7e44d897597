import sys

import pytest
from starlette.datastructures import State

from gateway.commands import app
from gateway.main import Gateway
from gateway.settings import GatewaySettings
from shopkit import commands
from shopkit.testing.proofs import GATEWAY_KEY
from shopkit.web import app as shop_app

ENVIRONMENT = {
    "AUTHENTICATION_URL": "http://authentication:8000",
    "PRODUCTS_URL": "http://products:8000",
    "ORDERS_URL": "http://orders:8000",
    "PROOF_KEY": GATEWAY_KEY.private,
    "PORT": "18000",
    "LOG_LEVEL": "WARNING",
}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run a command line, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["gateway", *arguments])
    with pytest.raises(SystemExit) as ended:
        commands.run(app)
    return ended.value.code


class TestServe:
    def test_serves_with_the_settings_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        served: list[tuple[int, str]] = []

        def serve(_app: Gateway, settings: GatewaySettings, _state: State) -> None:
            served.append((settings.port, settings.orders_url))

        monkeypatch.setattr(shop_app, "serve", serve)
        # When
        code = run(monkeypatch, "serve")
        # Then
        assert code == 0
        assert served == [(18000, "http://orders:8000")]

    def test_refuses_missing_settings(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Given
        for name in ENVIRONMENT:
            monkeypatch.delenv(name, raising=False)
        # When
        code = run(monkeypatch, "serve")
        # Then
        assert code == 2
        assert "orders_url: Field required" in capsys.readouterr().err


def test_an_unknown_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "dance") == 2
