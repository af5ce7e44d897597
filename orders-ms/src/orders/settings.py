"""The settings of orders-ms."""

import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, model_validator

from shopkit.proofs import PrivateKey, PublicKeys
from shopkit.settings import OPTIONAL_FILE, KafkaSettings, MailSettings

SERVICE = "orders-ms"


def _require_iban(text: str) -> str:
    iban = text.replace(" ", "").upper()
    if not iban:
        return ""
    if not re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        raise ValueError("must be an IBAN")
    # ISO 13616: as a number, with the letters A to Z as 10 to 35, it is 1 modulo 97.
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise ValueError("must be an IBAN with correct check digits")
    return iban


MINIMUM_CENTS = {
    "AUD": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1_500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "USD": 50,
}
"""The smallest amounts that Stripe accepts, in the currencies in which cards are offered."""


Iban = Annotated[str, AfterValidator(_require_iban)]


class OrdersSettings(KafkaSettings, MailSettings):
    """The settings of orders-ms.

    Attributes:
        gateway_keys: The public keys with which the gateway proves who calls.
        proof_key: The private key with which this service proves that it calls another one.
        reconcile_seconds: The time between the end of a reconciliation and the next one.
        shop_time_zone: The time zone of the shop's days in the statistics, by its IANA name.
        collection: Whether customers can collect orders in the shop, and pay there.
        collection_days: How many days an order waits for its collection, 0 for as long as it takes.
        bank_iban: The account for transfers. Without it, transfers are not offered.
        bank_holder: The holder of the account.
        bank_bic: The BIC of the bank, which banks in the same country do not need.
        transfer_days: How many days an order waits for a transfer.
        reminder_days: How many days before the deadline the customer is reminded.
        stripe_secret_key: The key of the account at Stripe. Without it, cards are not offered.
        stripe_webhook_secrets: The secret with which Stripe signs events. While one replaces
            another, both, separated by a comma.
        stripe_api_base: Another address of Stripe's API, for the sandbox in development.
    """

    port: int = 8003
    gateway_keys: PublicKeys
    proof_key: PrivateKey
    authentication_url: str
    products_url: str
    reconcile_seconds: float = Field(default=3_600.0, gt=0)
    shop_time_zone: ZoneInfo = ZoneInfo("UTC")
    collection: bool = True
    collection_days: float = Field(default=14.0, ge=0, le=3_650)
    bank_iban: Iban = ""
    bank_holder: str = Field(default="", max_length=70)
    bank_bic: str = Field(default="", pattern="^([A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?)?$")
    transfer_days: float = Field(default=7.0, gt=0, le=3_650)
    reminder_days: float = Field(default=2.0, ge=0)
    stripe_secret_key: Annotated[SecretStr | None, OPTIONAL_FILE] = None
    stripe_webhook_secrets: Annotated[SecretStr | None, OPTIONAL_FILE] = None
    stripe_api_base: HttpUrl | None = None
    seed: str = ""

    @property
    def takes_cards(self) -> bool:
        """Whether customers can pay by card."""
        return self.stripe_secret_key is not None

    @property
    def webhook_secrets(self) -> list[str]:
        """The secrets with which Stripe signs events."""
        text = self.stripe_webhook_secrets.get_secret_value() if self.stripe_webhook_secrets else ""
        return [secret.strip() for secret in text.split(",") if secret.strip()]

    @model_validator(mode="after")
    def _require_a_complete_account(self) -> Self:
        if bool(self.bank_iban) != bool(self.bank_holder):
            raise ValueError("set BANK_IBAN and BANK_HOLDER, or neither")
        if not self.collection and not self.bank_iban and not self.takes_cards:
            raise ValueError(
                "COLLECTION=off leaves no way to pay; set BANK_IBAN and BANK_HOLDER, "
                "or STRIPE_SECRET_KEY"
            )
        return self

    @model_validator(mode="after")
    def _require_the_settings_of_cards(self) -> Self:
        if self.stripe_secret_key is None:
            return self
        key = self.stripe_secret_key.get_secret_value()
        if not re.fullmatch("(sk|rk)_(live|test)_[A-Za-z0-9_]+", key):
            raise ValueError("STRIPE_SECRET_KEY must begin with sk_live_, rk_live_ or sk_test_")
        if not 1 <= len(self.webhook_secrets) <= 2:
            raise ValueError("STRIPE_SECRET_KEY needs one or two STRIPE_WEBHOOK_SECRETS")
        if self.public_url is None:
            raise ValueError("STRIPE_SECRET_KEY needs PUBLIC_URL")
        if self.shop_currency not in MINIMUM_CENTS:
            raise ValueError(f"cards are offered in {', '.join(MINIMUM_CENTS)} only")
        if not self.development and ("_test_" in key or self.stripe_api_base):
            raise ValueError("test keys and STRIPE_API_BASE are for development only")
        return self
