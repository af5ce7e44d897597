"""The settings of orders-ms."""

import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from shopkit.proofs import PrivateKey, PublicKeys
from shopkit.settings import KafkaSettings, MailSettings

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
    seed: str = ""

    @model_validator(mode="after")
    def _require_a_complete_account(self) -> Self:
        if bool(self.bank_iban) != bool(self.bank_holder):
            raise ValueError("set BANK_IBAN and BANK_HOLDER, or neither")
        if not self.collection and not self.bank_iban:
            raise ValueError("COLLECTION=off leaves no way to pay; set BANK_IBAN and BANK_HOLDER")
        return self
