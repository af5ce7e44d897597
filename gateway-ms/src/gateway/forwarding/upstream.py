"""The pooled connections to the services, and the requests that the gateway itself sends."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from prometheus_client import Counter

from gateway.settings import GatewaySettings

POLLS = Counter(
    "gateway_polls_total", "Requests of the gateway itself to services.", ["what", "outcome"]
)

# Shorter than the 75 s after which services close idle connections, and than the 5 s for which they
# drain connections at shutdown (DRAIN_SECONDS). So only the gateway closes idle connections.
KEEP_ALIVE_SECONDS = 4.0
_FETCH_TIMEOUT = aiohttp.ClientTimeout(total=2.0)

Fetch = Callable[[], Awaitable[Any]]
"""Returns a decoded JSON document, or raises an error."""


def request_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session for ordinary requests."""
    return _session(
        aiohttp.TCPConnector(
            limit=0,
            limit_per_host=settings.connections_per_service,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        ),
        aiohttp.ClientTimeout(
            total=settings.whole_seconds,
            connect=settings.connect_seconds,
            sock_read=settings.read_seconds,
        ),
    )


def stream_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session for streams, without limits on their number and duration."""
    return _session(
        aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
        aiohttp.ClientTimeout(
            total=None, connect=settings.connect_seconds, sock_read=settings.stream_read_seconds
        ),
    )


def _session(
    connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    )


def json_fetcher(session: aiohttp.ClientSession, url: str) -> Fetch:
    """Return a function that fetches a JSON document.

    The function raises aiohttp.ClientError, TimeoutError or ValueError.
    """

    async def fetch() -> Any:
        async with session.get(url, timeout=_FETCH_TIMEOUT) as response:
            response.raise_for_status()
            return await response.json()

    return fetch
