"""Sends load over raw keep-alive connections.

It uses little CPU, because it shares the cores with what it measures. Closed loop: each connection
sends its next request after the response. Open loop: requests leave at a fixed rate, and a response
time includes the wait for a free connection.

nginx limits how much one client may send. So every connection has its own loopback address, and is
replaced before it reaches a limit. An address stands for one client, because what the gateway and
the services remember of a caller includes the address.
"""

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NextRequest = Callable[[str], bytes | None]
"""Returns the next request of the client at an address, or None after the last one."""

CLIENTS = 500
"""How many addresses are used in turn."""
REQUESTS_PER_ADDRESS = 100

_numbers = itertools.count()


def next_address() -> str:
    """Return the loopback address of the next client."""
    number = next(_numbers) % CLIENTS
    return f"127.1.{number // 250}.{number % 250 + 1}"


@dataclass(frozen=True, slots=True)
class Response:
    """A response.

    Args:
        status: The HTTP status.
        sent_at: When the request was due, in seconds since the epoch.
        seconds: The response time, from when the request was due.
        head: The status line and the headers.
        body: The body, still encoded.
    """

    status: int
    sent_at: float
    seconds: float
    head: bytes
    body: bytes


def request(
    method: str, path: str, token: str = "", body: Mapping[str, Any] | None = None, **headers: str
) -> bytes:
    """Return the bytes of a request; `_` in the name of a header stands for `-`."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Load:
    """Sends requests to a port of this machine over some connections."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._connections = connections

    async def back_to_back(
        self, next_request: NextRequest, seconds: float | None = None
    ) -> list[Response]:
        """Send each connection's next request after its response, and return all responses.

        Args:
            next_request: Returns the requests.
            seconds: How long to send; None to send all requests.
        """
        deadline = time.monotonic() + seconds if seconds else float("inf")
        responses: list[Response] = []

        async def send_all() -> None:
            connection = await _connect(self._port)
            while time.monotonic() < deadline and (content := next_request(connection.address)):
                responses.append(await connection.exchange(content, time.time()))
                if connection.spent:
                    connection.close()
                    connection = await _connect(self._port)
            connection.close()

        await asyncio.gather(*(send_all() for _ in range(self._connections)))
        return responses

    async def at_rate(
        self, next_request: NextRequest, rate: float, seconds: float
    ) -> list[Response]:
        """Send at a fixed rate, and return all responses.

        Args:
            next_request: Returns the requests.
            rate: How many requests to send a second.
            seconds: How long to send.
        """
        idle = deque([await _connect(self._port) for _ in range(self._connections)])
        free = asyncio.Semaphore(self._connections)

        async def send_at(due: float) -> Response:
            await asyncio.sleep(due - time.time())
            async with free:
                connection = idle.popleft()
                if connection.spent:
                    connection.close()
                    connection = await _connect(self._port)
                content = next_request(connection.address) or b""
                response = await connection.exchange(content, due)
                idle.append(connection)
            return response

        began = time.time() + 0.1
        due_times = [began + number / rate for number in range(int(rate * seconds))]
        responses = await asyncio.gather(*(send_at(due) for due in due_times))
        for connection in idle:
            connection.close()
        return responses


async def _connect(port: int) -> "_Connection":
    loop = asyncio.get_running_loop()
    address = next_address()
    _, connection = await loop.create_connection(
        lambda: _Connection(address), "127.0.0.1", port, local_addr=(address, 0)
    )
    return connection


class _Connection(asyncio.Protocol):
    """A connection with one request at a time."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._closed = False
        self._requests = 0
        self._buffer = b""
        self._response: asyncio.Future[tuple[bytes, bytes]] | None = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it.
        self._closed = True
        if self._response and not self._response.done():
            self._response.set_exception(ConnectionError("closed before the response"))

    @property
    def spent(self) -> bool:
        """Whether the connection is closed, or its address has sent enough."""
        return self._closed or self._requests >= REQUESTS_PER_ADDRESS

    async def exchange(self, content: bytes, due: float) -> Response:
        """Send a request and return the response, timed from when the request was due."""
        self._requests += 1
        self._response = asyncio.get_running_loop().create_future()
        self._transport.write(content)
        head, body = await self._response
        return Response(int(head[9:12]), due, time.time() - due, head, body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or not _is_complete(head, body):
            return
        self._buffer = b""
        assert self._response is not None  # noqa: S101 - a response follows a request.
        self._response.set_result((head, body))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _is_complete(head: bytes, body: bytes) -> bool:
    _, has_length, rest = head.partition(b"Content-Length: ")
    if has_length:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")
