"""What products-ms is told."""

from shopkit.settings import KafkaSettings


class ProductsSettings(KafkaSettings):
    """Settings of products-ms."""

    port: int = 8002
    seed: str = ""
