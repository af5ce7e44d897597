"""Fetches what the gateway itself needs from the services."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from prometheus_client import Counter

from shopkit.proofs import proof_header

POLLS = Counter(
    "gateway_polls_total", "Requests of the gateway itself to services.", ["what", "outcome"]
)

_TIMEOUT = aiohttp.ClientTimeout(total=2.0)

Fetch = Callable[..., Awaitable[Any]]
"""Returns a decoded JSON document, or raises an error. Its keyword arguments are the query."""


def json_fetcher(
    session: aiohttp.ClientSession, url: str, prove: Callable[[], str] | None = None
) -> Fetch:
    """Return a function that fetches a JSON document.

    The function raises aiohttp.ClientError, TimeoutError or ValueError.

    Args:
        session: The session.
        url: The URL.
        prove: Returns a proof that the gateway calls, for an internal endpoint.
    """

    async def fetch(**query: str) -> Any:
        headers = [proof_header(prove())] if prove else []
        async with session.get(url, params=query, headers=headers, timeout=_TIMEOUT) as response:
            response.raise_for_status()
            return await response.json()

    return fetch
