"""Follows the stream of a shopper's orders as a browser does, and keeps what it shows."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import aiohttp
from tests.faults.client import Client
from tests.faults.history import History, View

RECONNECT_SECONDS = 0.2
SILENT_SECONDS = 30
"""The stream sends a comment every 15 s, so that a client notices a lost connection."""


class Follower:
    """An open stream. It reconnects after the last event that it received."""

    def __init__(self, client: Client, view: View, history: History) -> None:
        self._client = client
        self._view = view
        self._history = history
        self._last_id = ""
        self._task = asyncio.create_task(self._follow())

    def shows(self, statuses: Mapping[str, str]) -> bool:
        """Return whether the stream shows these statuses, for the orders that it shows."""
        ids = self._history.expected_in(self._view)
        return all(self._view.statuses.get(id_) == statuses.get(id_) for id_ in ids)

    async def stop(self) -> None:
        """Close the stream.

        Raises:
            Exception: The stream could not be read.
        """
        self._task.cancel()
        [result] = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(result, Exception):
            raise result

    async def _follow(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                await self._read()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _read(self) -> None:
        """Read the stream until it ends."""
        headers = await self._client.authorization(self._view.email)
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENT_SECONDS)
        async with self._client.session.get(
            "/api/orders/stream", headers=headers, timeout=timeout
        ) as response:
            response.raise_for_status()
            self._view.connections += 1
            # A snapshot contains the orders that were placed before the stream was opened.
            attempts = len(self._history.attempts)
            async for event in _events(response):
                self._show(event, attempts)

    def _show(self, event: Mapping[str, str], attempts: int) -> None:
        body = json.loads(event["data"])
        if event["event"] == "snapshot":
            orders = {order["id"]: order["status"] for order in body["orders"]}
            self._view.replace(orders, attempts)
        else:
            self._view.update(body["id"], body["status"])
        self._last_id = event["id"]


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, str]]:
    """Yield the fields of each event."""
    fields: dict[str, str] = {}
    async for line in response.content:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif not line.strip() and "data" in fields:
            yield fields
            fields = {}
