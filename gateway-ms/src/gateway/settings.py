"""What the gateway is told."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from shopkit.settings import Settings


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be like http://host:port, without a path")
    return f"{parts.scheme}://{parts.netloc}"


TraceContext = Annotated[str, AfterValidator(_origin)]
"""Scheme, host and port of a service."""


class GatewaySettings(Settings):
    """Where the services are, and how long they may take."""

    authentication_url: TraceContext
    products_url: TraceContext
    orders_url: TraceContext

    connect_seconds: float = 2.0
    read_seconds: float = 15.0
    whole_seconds: float = 30.0
    stream_read_seconds: float = 60.0
    connections_per_service: int = 512
