from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from shopkit.testing.proofs import GATEWAY_KEY

SETTINGS: dict[str, Any] = {
    "authentication_url": "http://authentication:8000/",
    "products_url": "https://products",
    "orders_url": "http://[::1]:8003",
    "proof_key": GATEWAY_KEY.private,
}


class TestGatewaySettings:
    def test_accept_urls_of_services(self) -> None:
        settings = GatewaySettings(port=1, **SETTINGS)
        assert settings.authentication_url == "http://authentication:8000"
        assert settings.products_url == "https://products"
        assert settings.orders_url == "http://[::1]:8003"

    @pytest.mark.parametrize("url", ["products:8000", "ftp://products", "http://", "http://a/b"])
    def test_refuse_other_urls(self, url: str) -> None:
        with pytest.raises(ValidationError):
            GatewaySettings(port=1, **(SETTINGS | {"products_url": url}))
