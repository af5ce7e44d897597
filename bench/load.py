"""Load that costs little: raw keep-alive connections, as it shares the cores with what it measures.

Closed-loop: each connection sends when it has its answer. Open-loop: requests leave at a fixed rate
whatever the answers do, and a wait for a connection counts as the answer's time.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Next = Callable[[], bytes | None]
"""Gives the next request, None where there are no more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `sent_at` is in seconds since the epoch."""

    status: int
    sent_at: float
    seconds: float
    body: bytes


def request(
    method: str, path: str, token: str = "", body: Mapping[str, Any] | None = None, **headers: str
) -> bytes:
    """Return the bytes of a request; in names of headers `_` stands for `-`."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Load:
    """Some connections to a port of this machine."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._connections = connections

    async def back_to_back(self, next_request: Next, seconds: float | None = None) -> list[Answer]:
        """Send as fast as the answers come, and return these once the last is there.

        Args:
            next_request: Gives the requests.
            seconds: How long to begin new ones; None is until there are no more.
        """
        deadline = time.monotonic() + seconds if seconds else float("inf")
        answers: list[Answer] = []

        async def use_one() -> None:
            connection = await _connect(self._port)
            while time.monotonic() < deadline and (wanted := next_request()):
                if connection.closed:
                    connection = await _connect(self._port)
                answers.append(await connection.exchange(wanted, time.time()))
            connection.close()

        await asyncio.gather(*(use_one() for _ in range(self._connections)))
        return answers

    async def at_rate(self, next_request: Next, rate: float, seconds: float) -> list[Answer]:
        """Send at a fixed rate, and return the answers once the last is there."""
        idle = deque([await _connect(self._port) for _ in range(self._connections)])
        free = asyncio.Semaphore(self._connections)

        async def send_at(due: float) -> Answer:
            await asyncio.sleep(due - time.time())
            async with free:
                connection = idle.popleft()
                if connection.closed:
                    connection = await _connect(self._port)
                answer = await connection.exchange(next_request() or b"", due)
                idle.append(connection)
            return answer

        began = time.time() + 0.1
        dues = [began + number / rate for number in range(int(rate * seconds))]
        answers = await asyncio.gather(*(send_at(due) for due in dues))
        for connection in idle:
            connection.close()
        return answers


async def _connect(port: int) -> "_Connection":
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
    return connection


class _Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self) -> None:
        self.closed = False
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        """Keep what sends."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it.
        self.closed = True
        if (answered := getattr(self, "_answered", None)) and not answered.done():
            answered.set_exception(ConnectionError("closed before the answer"))

    async def exchange(self, sent: bytes, due: float) -> Answer:
        """Send a request and return its answer, timed from when the request was due."""
        self._answered: asyncio.Future[tuple[int, bytes]]
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        status, body = await self._answered
        return Answer(status, due, time.time() - due, body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or not _is_whole(head, body):
            return
        self._buffer = b""
        self._answered.set_result((int(head[9:12]), body))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _is_whole(head: bytes, body: bytes) -> bool:
    _, has_length, rest = head.partition(b"Content-Length: ")
    if has_length:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")
