"""The settings of products-ms."""

from pydantic import Field

from shopkit.proofs import PublicKeys
from shopkit.settings import KafkaSettings

SERVICE = "products-ms"


class ProductsSettings(KafkaSettings):
    """The settings of products-ms.

    Attributes:
        gateway_keys: The public keys with which the gateway proves who calls.
        orders_keys: The public keys with which orders-ms proves that it calls.
        shop_language: The language by whose rules names are sorted, as MongoDB calls it, such as
            `en`, `de` or `de@collation=phonebook`. After a change, run `migrate`.
    """

    port: int = 8002
    gateway_keys: PublicKeys
    orders_keys: PublicKeys
    shop_language: str = Field(
        default="en", pattern=r"^[a-z]{2,3}(_[A-Z][A-Za-z]{1,3})*(@collation=[a-z]+)?$"
    )
    seed: str = ""
