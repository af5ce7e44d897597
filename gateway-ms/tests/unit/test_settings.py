from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings

URLS: dict[str, Any] = {
    "authentication_url": "http://authentication:8000/",
    "products_url": "https://products",
    "orders_url": "http://[::1]:8003",
}


class TestGatewaySettings:
    def test_accept_urls_of_services(self) -> None:
        settings = GatewaySettings(port=1, **URLS)
        assert settings.authentication_url == "http://authentication:8000"
        assert settings.products_url == "https://products"
        assert settings.orders_url == "http://[::1]:8003"

    @pytest.mark.parametrize("url", ["products:8000", "ftp://products", "http://", "http://a/b"])
    def test_refuse_other_urls(self, url: str) -> None:
        with pytest.raises(ValidationError):
            GatewaySettings(port=1, **(URLS | {"products_url": url}))
