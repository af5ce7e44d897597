from typing import Any

import pytest
from pydantic import ValidationError

from gateway import __main__
from gateway.settings import GatewaySettings

URLS: dict[str, Any] = {
    "authentication_url": "http://authentication:8000/",
    "products_url": "https://products",
    "orders_url": "http://[::1]:8003",
}


class TestSettings:
    def test_services_are_origins(self) -> None:
        settings = GatewaySettings(port=1, **URLS)
        assert settings.authentication_url == "http://authentication:8000"
        assert settings.products_url == "https://products"

    @pytest.mark.parametrize("url", ["products:8000", "ftp://products", "http://", "http://a/b"])
    def test_what_is_no_origin_is_refused(self, url: str) -> None:
        with pytest.raises(ValidationError):
            GatewaySettings(port=1, **(URLS | {"products_url": url}))


class TestCommand:
    def test_serve_serves_with_the_settings_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given an environment, and a server that only notes what it is given
        for name, value in (URLS | {"port": "18000", "log_level": "WARNING"}).items():
            monkeypatch.setenv(name.upper(), value)
        served: list[Any] = []
        monkeypatch.setattr(__main__, "serve", lambda app, settings: served.append(settings))
        monkeypatch.setattr(__main__, "configure_logging", lambda *_, **__: None)
        monkeypatch.setattr("sys.argv", ["gateway", "serve"])
        # When the command is run
        __main__.main()
        # Then it serves so
        assert [(s.port, s.orders_url) for s in served] == [(18000, "http://[::1]:8003")]

    def test_an_unknown_command_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.argv", ["gateway", "dance"])
        with pytest.raises(SystemExit):
            __main__.main()
