from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from authentication.settings import AuthenticationSettings
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY

KEYS: dict[str, Any] = {"gateway_keys": GATEWAY_KEY.public, "orders_keys": ORDERS_KEY.public}
MONGO_URL = "mongodb://user:password@db/shop"


class TestAuthenticationSettings:
    def test_names_the_missing_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Given
        for name in ("MONGO_URL", "SIGNING_KEY", "GATEWAY_KEYS", "ORDERS_KEYS"):
            monkeypatch.delenv(name, raising=False)
        # When
        with pytest.raises(ValidationError) as refused:
            AuthenticationSettings()
        # Then
        missing = {str(error["loc"][0]) for error in refused.value.errors()}
        assert missing == {"mongo_url", "signing_key", "gateway_keys", "orders_keys"}

    def test_reads_the_key_from_a_file_and_does_not_print_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        # Given
        file = tmp_path / "key.pem"
        file.write_text("the key\n", encoding="utf-8")
        monkeypatch.setenv("SIGNING_KEY_FILE", str(file))
        # When
        settings = AuthenticationSettings(mongo_url=MONGO_URL, mail="off", **KEYS)
        # Then
        assert settings.signing_key.get_secret_value() == "the key"
        assert "the key" not in repr(settings)

    def test_has_the_default_lifetimes(self) -> None:
        settings = AuthenticationSettings(mongo_url=MONGO_URL, signing_key="k", mail="off", **KEYS)
        assert settings.access_token_lifetime == timedelta(minutes=15)
        assert settings.refresh_token_lifetime == timedelta(days=14)
        assert settings.cookie_grace == timedelta(seconds=10)
