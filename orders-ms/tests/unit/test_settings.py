from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orders.settings import SERVICE, OrdersSettings
from shopkit.commands import UnusableError, load_settings
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY

VALUES: dict[str, Any] = {
    "ENVIRONMENT": "development",
    "MONGO_URL": "mongodb://127.0.0.1:1",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "AUTHENTICATION_URL": "http://127.0.0.1:1",
    "PRODUCTS_URL": "http://127.0.0.1:1",
    "GATEWAY_KEYS": GATEWAY_KEY.public,
    "PROOF_KEY": ORDERS_KEY.private,
    "MAIL": "off",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)


class TestShopTimeZone:
    def test_is_utc_by_default(self) -> None:
        assert load_settings(SERVICE, OrdersSettings).shop_time_zone == ZoneInfo("UTC")

    def test_is_found_by_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_TIME_ZONE", "Europe/Berlin")
        settings = load_settings(SERVICE, OrdersSettings)
        assert settings.shop_time_zone == ZoneInfo("Europe/Berlin")

    @pytest.mark.parametrize("name", ["Mars/Base", "europe/berlin", "../etc/passwd", "+01:00"])
    def test_refuses_unknown_names_with_a_clear_message(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SHOP_TIME_ZONE", name)
        with pytest.raises(UnusableError, match="shop_time_zone: invalid timezone: "):
            load_settings(SERVICE, OrdersSettings)
