"""The settings of authentication-ms."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from shopkit.proofs import PublicKeys
from shopkit.settings import OPTIONAL_FILE, MailSettings, MongoSettings

SERVICE = "authentication-ms"


class DatabaseSettings(MongoSettings):
    """The settings of commands that use the database only.

    Attributes:
        seed: `demo` allows demo data, whose passwords are known, outside development.
        access_token_seconds: How long an access token is valid.
    """

    port: int = 8000
    seed: str = ""
    access_token_seconds: int = Field(default=15 * 60, gt=0)

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token is valid."""
        return timedelta(seconds=self.access_token_seconds)


class AuthenticationSettings(DatabaseSettings, MailSettings):
    """The settings of the service.

    Attributes:
        gateway_keys: The public keys with which the gateway proves who calls.
        orders_keys: The public keys with which orders-ms proves that it calls.
        signing_key: The RSA private key in PEM that signs access tokens.
        previous_key: A private or public key that is published as well: the previous key, while
            tokens that it signed are valid, or the next one.
        shop_port: The port of the shop, which tells the cookies of shops on the same host apart.
        refresh_token_seconds: How long a refresh token is valid.
        cookie_grace_seconds: How long a refresh token in a cookie can be used again.
        login_failures_per_address: The failed log-ins of an address before it is blocked, and its
            refused refresh tokens.
        login_failures_per_pair: The failed log-ins of an address for one account before they are
            blocked.
        login_failures_before_slowing: The failed log-ins for an account, from all addresses, before
            its log-ins are delayed.
        login_failures_per_account: The failed log-ins for an account, from all addresses, before
            only addresses at which someone has logged in to it can log in.
        login_window_seconds: The window in which failed log-ins are counted. It starts with the
            first one.
        registrations_per_address: The registrations of an address before it is blocked.
        registration_window_seconds: The window in which registrations are counted.
        mails_per_account: How many mails of one kind an account can request in an hour.
    """

    gateway_keys: PublicKeys
    orders_keys: PublicKeys
    signing_key: SecretStr
    previous_key: Annotated[SecretStr | None, OPTIONAL_FILE] = None
    shop_port: int = 8080

    refresh_token_seconds: int = Field(default=14 * 24 * 3600, gt=0)
    cookie_grace_seconds: int = Field(default=10, ge=0)

    login_failures_per_address: int = Field(default=50, gt=0)
    login_failures_per_pair: int = Field(default=10, gt=0)
    login_failures_before_slowing: int = Field(default=10, ge=0)
    login_failures_per_account: int = Field(default=100, gt=0)
    login_window_seconds: int = Field(default=15 * 60, gt=0)
    registrations_per_address: int = Field(default=30, gt=0)
    registration_window_seconds: int = Field(default=3600, gt=0)
    mails_per_account: int = Field(default=5, gt=0)

    @property
    def refresh_token_lifetime(self) -> timedelta:
        """How long a refresh token is valid."""
        return timedelta(seconds=self.refresh_token_seconds)

    @property
    def cookie_grace(self) -> timedelta:
        """How long a refresh token in a cookie can be used again."""
        return timedelta(seconds=self.cookie_grace_seconds)
