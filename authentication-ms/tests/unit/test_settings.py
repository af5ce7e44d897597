from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from authentication.settings import AuthenticationSettings

SECURE = "mongodb://user:password@db/shop"


class TestAuthenticationSettings:
    def test_Given_Nothing_When_Started_Then_WhatIsMissingIsNamed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("MONGO_URL", "SIGNING_KEY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(ValidationError) as refused:
            AuthenticationSettings()
        missing = {str(error["loc"][0]) for error in refused.value.errors()}
        assert missing == {"mongo_url", "signing_key"}

    def test_Given_KeyFile_When_Started_Then_ItIsReadAndNeverPrinted(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "key.pem"
        file.write_text("the key\n", encoding="utf-8")
        monkeypatch.setenv("SIGNING_KEY_FILE", str(file))
        settings = AuthenticationSettings(mongo_url=SECURE)
        assert settings.signing_key.get_secret_value() == "the key"
        assert "the key" not in repr(settings)

    def test_Given_Defaults_When_Started_Then_LivesAreAsTheContractSays(self) -> None:
        settings = AuthenticationSettings(mongo_url=SECURE, signing_key="k")
        assert settings.access_token_life == timedelta(minutes=15)
        assert settings.refresh_token_life == timedelta(days=14)
        assert settings.cookie_grace == timedelta(seconds=10)
