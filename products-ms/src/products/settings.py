"""What products-ms is told."""

from shopkit.settings import KafkaSettings

SERVICE = "products-ms"


class ProductsSettings(KafkaSettings):
    """Settings of products-ms."""

    port: int = 8002
    seed: str = ""
