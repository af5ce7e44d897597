"""The settings of products-ms."""

from shopkit.settings import KafkaSettings

SERVICE = "products-ms"


class ProductsSettings(KafkaSettings):
    """The settings of products-ms."""

    port: int = 8002
    seed: str = ""
