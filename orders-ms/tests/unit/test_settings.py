from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orders.dependencies import terms_of
from orders.models.payment import BankAccount
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


class TestBankAccount:
    def test_is_off_by_default(self) -> None:
        terms = terms_of(load_settings(SERVICE, OrdersSettings))
        assert (terms.bank_account, terms.collection) == (None, True)
        assert terms.collection_period == timedelta(days=14)
        assert terms.methods_for(collection=True) == ["ON_COLLECTION"]
        assert terms.methods_for(collection=False) == []

    @pytest.mark.parametrize(("days", "period"), [("3", timedelta(days=3)), ("0", None)])
    def test_waits_for_a_collection_for_a_number_of_days_or_for_as_long_as_it_takes(
        self, days: str, period: timedelta | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLLECTION_DAYS", days)
        assert terms_of(load_settings(SERVICE, OrdersSettings)).collection_period == period

    def test_is_read_without_spaces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BANK_IBAN", "de02 1203 0000 0000 2020 51")
        monkeypatch.setenv("BANK_HOLDER", "Kiosk Ltd")
        terms = terms_of(load_settings(SERVICE, OrdersSettings))
        assert terms.bank_account == BankAccount("DE02120300000000202051", "Kiosk Ltd")
        assert terms.methods_for(collection=False) == ["TRANSFER"]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"BANK_IBAN": "DE03120300000000202051", "BANK_HOLDER": "a"}, "correct check digits"),
            ({"BANK_IBAN": "12", "BANK_HOLDER": "a"}, "must be an IBAN"),
            ({"BANK_IBAN": "DE02120300000000202051"}, "set BANK_IBAN and BANK_HOLDER"),
            ({"COLLECTION": "off"}, "COLLECTION=off leaves no way to pay"),
        ],
    )
    def test_refuses_an_account_that_cannot_receive_money(
        self, values: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(UnusableError, match=message):
            load_settings(SERVICE, OrdersSettings)
