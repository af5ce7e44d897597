"""The connections to the services."""

import aiohttp

from gateway.settings import GatewaySettings

# Shorter than the 75 s after which services close idle connections, and than the 5 s for which they
# drain connections at shutdown (DRAIN_SECONDS). So only the gateway closes idle connections.
KEEP_ALIVE_SECONDS = 4.0


def request_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session for ordinary requests."""
    return _session(
        aiohttp.TCPConnector(
            limit=0,
            limit_per_host=settings.connections_per_service,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        ),
        _request_timeout(settings),
    )


def retry_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session for requests whose connection broke. Each gets a new connection."""
    return _session(
        aiohttp.TCPConnector(
            limit=0, limit_per_host=settings.connections_per_service, force_close=True
        ),
        _request_timeout(settings),
    )


def stream_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Return the session for streams, without limits on their number and duration.

    Each stream gets a new connection, because few of them end in a way that leaves it usable.
    """
    return _session(
        aiohttp.TCPConnector(limit=0, force_close=True),
        aiohttp.ClientTimeout(
            total=None, connect=settings.connect_seconds, sock_read=settings.stream_read_seconds
        ),
    )


def _request_timeout(settings: GatewaySettings) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=settings.whole_seconds,
        connect=settings.connect_seconds,
        sock_read=settings.read_seconds,
    )


def _session(
    connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    )
