"""The public keys that verify access tokens, as authentication-ms publishes them (JWKS)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from jose import jwk
from jose.backends.base import Key

from gateway.forwarding.upstream import POLLS, Fetch
from gateway.problems import InvalidTokenError, NoKeyError

ALGORITHM = "RS256"
REFRESH_SECONDS = 300.0
RETRY_SECONDS = 1.0
UNKNOWN_KEY_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Keys:
    """Keeps the keys; those at hand stay in use while authentication-ms is away."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._document: Any = None
        self._fetched_at = float("-inf")
        self._failing = False
        self._lock = asyncio.Lock()
        self.generation = 0
        """Grows with each change of the keys: what was verified before must be verified anew."""

    def get(self, kid: str) -> Key | None:
        """Return a key that is at hand."""
        return self._keys.get(kid)

    async def find(self, kid: str) -> Key:
        """Return a key, asking for it where it is unknown, but at most once in 10 s.

        Raises:
            InvalidTokenError: authentication-ms has no such key.
            NoKeyError: It could not be asked.
        """
        if key := self._keys.get(kid):
            return key
        async with self._lock:
            if kid not in self._keys and self._clock() - self._fetched_at >= UNKNOWN_KEY_SECONDS:
                await self._refresh()
        if key := self._keys.get(kid):
            return key
        raise NoKeyError if self._failing or not self._keys else InvalidTokenError

    async def run(self) -> None:
        """Refresh the keys for ever."""
        while True:
            await asyncio.sleep(await self._run_once())

    async def _run_once(self) -> float:
        async with self._lock:
            await self._refresh()
        return RETRY_SECONDS if self._failing else REFRESH_SECONDS

    async def check(self) -> None:
        """Return where keys are at hand.

        Raises:
            ConnectionError: None were ever had.
        """
        if not self._keys:
            raise ConnectionError("no keys from authentication-ms yet")

    async def _refresh(self) -> None:
        self._fetched_at = self._clock()
        try:
            document = await self._fetch()
            keys = _usable(document)
        except Exception as error:  # noqa: BLE001 - whatever it is, the keys at hand stay.
            if not self._failing:
                log.warning("no keys from authentication-ms", error=repr(error))
            self._failing = True
        else:
            self._failing = False
            self._replace(document, keys)
        POLLS.labels("keys", "failed" if self._failing else "ok").inc()

    def _replace(self, document: Any, keys: dict[str, Key]) -> None:
        if document != self._document:
            self._document, self._keys = document, keys
            self.generation += 1


def _usable(document: Any) -> dict[str, Key]:
    found = {
        entry["kid"]: jwk.construct(entry, ALGORITHM)
        for entry in document["keys"]
        if _for_access_tokens(entry)
    }
    if not found:
        raise ValueError("the document has no usable key")
    return found


def _for_access_tokens(entry: Mapping[str, Any]) -> bool:
    return (
        entry.get("kty") == "RSA"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and entry.get("use", "sig") == "sig"
        and isinstance(entry.get("kid"), str)
    )
