"""The public keys that verify access tokens, which authentication-ms publishes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from jose import jwk
from jose.backends.base import Key

from gateway.errors import InvalidTokenError, KeysUnavailableError
from gateway.fetch import POLLS, Fetch

ALGORITHM = "RS256"
REFRESH_SECONDS = 300.0
RETRY_SECONDS = 1.0
UNKNOWN_KEY_SECONDS = 10.0
"""How long to wait between two fetches because of unknown keys."""

log = structlog.get_logger(__name__)


class KeyStore:
    """The current keys. The last ones stay in use while authentication-ms is down.

    Attributes:
        generation: Increases with each change of the keys, after which every token must be verified
            again.
    """

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._document: Any = None
        self._fetched_at = float("-inf")
        self._failing = False
        self._lock = asyncio.Lock()
        self.generation = 0

    def get(self, kid: str) -> Key | None:
        """Return a key that was fetched before."""
        return self._keys.get(kid)

    async def find(self, kid: str) -> Key:
        """Return a key. An unknown key is fetched, but at most once in 10 s.

        Raises:
            InvalidTokenError: authentication-ms does not have the key.
            KeysUnavailableError: authentication-ms is down.
        """
        if key := self._keys.get(kid):
            return key
        async with self._lock:
            if kid not in self._keys and self._clock() - self._fetched_at >= UNKNOWN_KEY_SECONDS:
                await self._fetch_keys()
        if key := self._keys.get(kid):
            return key
        raise KeysUnavailableError if self._failing or not self._keys else InvalidTokenError

    async def run(self) -> None:
        """Refresh the keys again and again."""
        while True:
            await asyncio.sleep(await self.refresh())

    async def refresh(self) -> float:
        """Fetch the keys once, and return after how many seconds to refresh them again."""
        async with self._lock:
            await self._fetch_keys()
        return RETRY_SECONDS if self._failing else REFRESH_SECONDS

    async def check(self) -> None:
        """Check that keys were fetched.

        Raises:
            ConnectionError: No keys were fetched yet.
        """
        if not self._keys:
            raise ConnectionError("the keys could not be fetched yet")

    async def _fetch_keys(self) -> None:
        self._fetched_at = self._clock()
        try:
            document = await self._fetch()
            keys = _parse(document)
        except Exception as error:  # noqa: BLE001 - any error leaves the last keys in use.
            if not self._failing:
                log.warning("cannot fetch the keys", error=repr(error))
            self._failing = True
        else:
            self._failing = False
            self._replace(document, keys)
        POLLS.labels("keys", "failed" if self._failing else "ok").inc()

    def _replace(self, document: Any, keys: dict[str, Key]) -> None:
        if document != self._document:
            self._document, self._keys = document, keys
            self.generation += 1


def _parse(document: Any) -> dict[str, Key]:
    keys = {
        entry["kid"]: jwk.construct(entry, ALGORITHM)
        for entry in document["keys"]
        if _verifies_access_tokens(entry)
    }
    if not keys:
        raise ValueError("the document has no usable key")
    return keys


def _verifies_access_tokens(entry: Mapping[str, Any]) -> bool:
    return (
        entry.get("kty") == "RSA"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and entry.get("use", "sig") == "sig"
        and isinstance(entry.get("kid"), str)
    )
