import pytest

from products.settings import SERVICE, ProductsSettings
from shopkit.commands import UnusableError, load_settings
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:1")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("GATEWAY_KEYS", GATEWAY_KEY.public)
    monkeypatch.setenv("ORDERS_KEYS", ORDERS_KEY.public)


class TestShopLanguage:
    def test_is_english_by_default(self) -> None:
        assert load_settings(SERVICE, ProductsSettings).shop_language == "en"

    @pytest.mark.parametrize("language", ["de", "fr_CA", "sr_Latn", "de@collation=phonebook"])
    def test_is_a_locale_of_the_database(
        self, language: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SHOP_LANGUAGE", language)
        assert load_settings(SERVICE, ProductsSettings).shop_language == language

    @pytest.mark.parametrize("language", ["German", "de DE", "simple", "$en"])
    def test_refuses_other_text(self, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_LANGUAGE", language)
        with pytest.raises(UnusableError, match="shop_language"):
            load_settings(SERVICE, ProductsSettings)
