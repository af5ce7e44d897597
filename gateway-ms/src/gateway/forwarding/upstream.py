"""The pooled HTTP sessions, and what the gateway itself asks services for."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from prometheus_client import Counter

from gateway.settings import GatewaySettings

POLLS = Counter(
    "gateway_polls_total", "What the gateway asked services for itself.", ["what", "outcome"]
)

# Under the services' own 75 s, and under the 5 s in which one that ends takes leave
# (DRAIN_SECONDS): so it is always we who close an idle connection.
KEEP_ALIVE_SECONDS = 4.0
_OWN_TIMEOUT = aiohttp.ClientTimeout(total=2.0)

Fetch = Callable[[], Awaitable[Any]]
"""Returns a decoded JSON document, or raises."""


def ordinary_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session of requests that end soon."""
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
    """Return the session of streams, which may be many and never come to an end by time."""
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
    """Return what gets a service's JSON document.

    The function raises aiohttp.ClientError, TimeoutError or ValueError.
    """

    async def fetch() -> Any:
        async with session.get(url, timeout=_OWN_TIMEOUT) as answer:
            answer.raise_for_status()
            return await answer.json()

    return fetch
