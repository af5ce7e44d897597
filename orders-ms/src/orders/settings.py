"""The settings of orders-ms."""

from shopkit.settings import KafkaSettings

SERVICE = "orders-ms"


class OrdersSettings(KafkaSettings):
    """The settings of orders-ms."""

    port: int = 8003
    products_url: str
    reconcile_seconds: float = 3_600.0
    seed: str = ""
