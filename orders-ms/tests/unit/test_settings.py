from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orders.dependencies import terms_of
from orders.models.payment import BankAccount, CardTerms
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
        assert terms.methods_for(1_000, collection=True) == ["ON_COLLECTION"]
        assert terms.methods_for(1_000, collection=False) == []

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
        assert terms.methods_for(1_000, collection=False) == ["TRANSFER"]

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


class TestCards:
    KEY = "sk_test_unit"

    @pytest.fixture
    def cards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STRIPE_SECRET_KEY", self.KEY)
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRETS", "whsec_old, whsec_new")
        monkeypatch.setenv("PUBLIC_URL", "https://shop.example")

    def test_are_off_by_default(self) -> None:
        settings = load_settings(SERVICE, OrdersSettings)
        assert not settings.takes_cards
        assert terms_of(settings).cards is None

    @pytest.mark.usefixtures("cards")
    def test_are_offered_with_a_key(self) -> None:
        settings = load_settings(SERVICE, OrdersSettings)
        assert settings.webhook_secrets == ["whsec_old", "whsec_new"]
        assert terms_of(settings).cards == CardTerms(minimum_cents=50)
        assert self.KEY not in repr(settings)
        assert "whsec_old" not in repr(settings)

    @pytest.mark.usefixtures("cards")
    def test_the_minimum_depends_on_the_currency(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_CURRENCY", "GBP")
        terms = terms_of(load_settings(SERVICE, OrdersSettings))
        assert terms.cards == CardTerms(minimum_cents=30)

    @pytest.mark.usefixtures("cards")
    def test_are_a_way_to_pay_without_collection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLLECTION", "off")
        assert not load_settings(SERVICE, OrdersSettings).collection

    @pytest.mark.usefixtures("cards")
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"STRIPE_SECRET_KEY": "pk_test_1"}, "must begin with sk_live_"),
            ({"STRIPE_WEBHOOK_SECRETS": " , "}, "needs one or two STRIPE_WEBHOOK_SECRETS"),
            ({"STRIPE_WEBHOOK_SECRETS": "a,b,c"}, "needs one or two STRIPE_WEBHOOK_SECRETS"),
            ({"PUBLIC_URL": ""}, "needs PUBLIC_URL"),
            ({"SHOP_CURRENCY": "JPY"}, "cards are offered in AUD, "),
            ({"ENVIRONMENT": "production"}, "for development only"),
            (
                {
                    "ENVIRONMENT": "production",
                    "STRIPE_SECRET_KEY": "sk_live_1",
                    "STRIPE_API_BASE": "http://127.0.0.1:8026",
                },
                "for development only",
            ),
        ],
    )
    def test_refuses_what_cannot_work(
        self, changes: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MONGO_URL", "mongodb://shop:secret@127.0.0.1:1")
        with pytest.raises(UnusableError, match=message):
            load_settings(SERVICE, OrdersSettings)

    @pytest.mark.usefixtures("cards")
    def test_production_takes_a_live_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ENVIRONMENT", "production")
        monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_live_1")
        monkeypatch.setenv("MONGO_URL", "mongodb://shop:secret@127.0.0.1:1")
        assert load_settings(SERVICE, OrdersSettings).takes_cards
