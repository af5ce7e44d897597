"""What authentication-ms is told."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from shopkit.settings import OPTIONAL_FILE, MongoSettings

SERVICE = "authentication"


class DatabaseSettings(MongoSettings):
    """What the commands on the database need: no key.

    `seed` set to `demo` allows the accounts with known passwords outside development.
    """

    port: int = 8000
    seed: str = ""
    access_token_seconds: int = Field(default=15 * 60, gt=0)

    @property
    def access_token_life(self) -> timedelta:
        """How long an access token is valid."""
        return timedelta(seconds=self.access_token_seconds)


class AuthenticationSettings(DatabaseSettings):
    """What the service needs.

    `signing_key` is an RSA private key (PEM); `previous_key`, public or private, is published
    beside it: the one before, while tokens that it signed live, or the one to come. `shop_port` is
    the port at which browsers see the shop. Failures and registrations are counted in windows that
    begin with the first one.
    """

    signing_key: SecretStr
    previous_key: Annotated[SecretStr | None, OPTIONAL_FILE] = None
    shop_port: int = 8080

    refresh_token_seconds: int = Field(default=14 * 24 * 3600, gt=0)
    cookie_grace_seconds: int = Field(default=10, ge=0)

    login_failures_per_address: int = Field(default=50, gt=0)
    login_failures_per_pair: int = Field(default=10, gt=0)
    login_failures_before_slowing: int = Field(default=10, ge=0)
    login_window_seconds: int = Field(default=15 * 60, gt=0)
    registrations_per_address: int = Field(default=30, gt=0)
    registration_window_seconds: int = Field(default=3600, gt=0)

    @property
    def refresh_token_life(self) -> timedelta:
        """How long a refresh token is valid."""
        return timedelta(seconds=self.refresh_token_seconds)

    @property
    def cookie_grace(self) -> timedelta:
        """How long a spent refresh token in a cookie still gives a sibling."""
        return timedelta(seconds=self.cookie_grace_seconds)
