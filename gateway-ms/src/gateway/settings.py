"""The settings of gateway-ms."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from shopkit.proofs import PrivateKey
from shopkit.settings import Settings

SERVICE = "gateway-ms"


def _require_service_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be like http://host:port, without a path")
    return f"{parts.scheme}://{parts.netloc}"


ServiceUrl = Annotated[str, AfterValidator(_require_service_url)]
"""The scheme, host and port of a service."""


class GatewaySettings(Settings):
    """The settings of gateway-ms.

    Attributes:
        proof_key: The private key with which the gateway proves who calls.
        revocation_list_seconds: How old the list of revocations may be. Without a list, or with an
            older one, the gateway accepts no access token.
        connect_seconds: How long to wait for a connection to a service.
        read_seconds: How long a service may send nothing.
        whole_seconds: How long a request may take altogether.
        stream_read_seconds: How long a service may send nothing on a stream.
        connections_per_service: The maximum number of connections to a service, without streams.
    """

    authentication_url: ServiceUrl
    products_url: ServiceUrl
    orders_url: ServiceUrl
    proof_key: PrivateKey

    revocation_list_seconds: float = Field(default=300.0, gt=0)
    connect_seconds: float = 2.0
    read_seconds: float = 15.0
    whole_seconds: float = 30.0
    stream_read_seconds: float = 60.0
    connections_per_service: int = 512
