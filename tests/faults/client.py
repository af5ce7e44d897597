"""Sends requests to the shop as its accounts, and records the responses."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
from tests.faults.history import History

TIMEOUT_SECONDS = 8
TOKEN_SECONDS = 600
"""A new token is fetched after this time. It is valid for 15 minutes."""
# A shop whose parts fail may answer with these at any time.
UNAVAILABLE = frozenset({502, 503, 504})


class Response(NamedTuple):
    """A response; status 0 if there was none."""

    status: int
    body: Any = None
    etag: str = ""


class Client:
    """Sends requests to the gateway while a context lasts.

    Args:
        url: The gateway's address.
        history: Records the requests and responses.
    """

    def __init__(self, url: str, history: History) -> None:
        self._url = url
        self._history = history
        self._tokens: dict[str, tuple[str, float]] = {}

    async def __aenter__(self) -> Self:
        """Open the connections."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        self.session = aiohttp.ClientSession(self._url, timeout=timeout, connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.session.close()

    async def authorization(self, email: str) -> dict[str, str]:
        """Return the header with the account's token.

        Raises:
            aiohttp.ClientError: There is no valid token, and authentication-ms is unavailable.
        """
        token, fetched_at = self._tokens.get(email, ("", -TOKEN_SECONDS))
        if time.monotonic() - fetched_at > TOKEN_SECONDS:
            # The old token is still valid for some minutes if this fails.
            self._tokens[email] = token, time.monotonic() - TOKEN_SECONDS + TIMEOUT_SECONDS
            token = await self._sign_in(email)
            self._tokens[email] = token, time.monotonic()
        return {"Authorization": f"Bearer {token}"}

    async def _sign_in(self, email: str) -> str:
        body = {"email": email, "password": email}
        async with self.session.post("/api/login", json=body) as response:
            response.raise_for_status()
            return str((await response.json())["access_token"])

    async def register(self, email: str) -> None:
        """Register a shopper."""
        body = {"email": email, "password": email}
        async with self.session.post("/api/register", json=body) as response:
            response.raise_for_status()

    async def request(
        self,
        method: str,
        path: str,
        email: str,
        *,
        expected: frozenset[int],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request, and record an unexpected response."""
        try:
            authorization = await self.authorization(email)
            async with self.session.request(
                method, path, json=body, headers={**authorization, **(headers or {})}
            ) as received:
                content = await received.json(content_type=None)
                response = Response(received.status, content, received.headers.get("ETag", ""))
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self._history.unanswered += 1
            return Response(0)
        self._history.answered += 1
        if response.status not in expected | UNAVAILABLE:
            self._history.unexpected.append(f"{method} {path}: {response.status} {response.body}")
        return response
