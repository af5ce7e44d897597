"""The settings of orders-ms."""

from zoneinfo import ZoneInfo

from pydantic import Field

from shopkit.proofs import PrivateKey, PublicKeys
from shopkit.settings import KafkaSettings, MailSettings

SERVICE = "orders-ms"


class OrdersSettings(KafkaSettings, MailSettings):
    """The settings of orders-ms.

    Attributes:
        gateway_keys: The public keys with which the gateway proves who calls.
        proof_key: The private key with which this service proves that it calls another one.
        reconcile_seconds: The time between the end of a reconciliation and the next one.
        shop_time_zone: The time zone of the shop's days in the statistics, by its IANA name.
    """

    port: int = 8003
    gateway_keys: PublicKeys
    proof_key: PrivateKey
    authentication_url: str
    products_url: str
    reconcile_seconds: float = Field(default=3_600.0, gt=0)
    shop_time_zone: ZoneInfo = ZoneInfo("UTC")
    seed: str = ""
