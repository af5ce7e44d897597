"""Connections to a server that can be cut, in both directions or in one."""

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from stack.ports import LOOPBACK

CHUNK_BYTES = 65_536


class Link:
    """A TCP proxy in front of one server, or of several that share the connections.

    While a direction is cut, its bytes wait. So do the two ends, as with a network that loses
    packets: nobody learns that the connection is useless.

    Args:
        ports: The ports of the servers.
        port: The port of the link, 0 for a free one.

    Attributes:
        port: The port of the link.
    """

    def __init__(self, ports: Sequence[int], port: int = 0) -> None:
        self._ports = list(ports)
        self.port = port
        self._requests, self._responses = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.heal()

    async def __aenter__(self) -> Self:
        """Accept connections."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, *, requests: bool = True, responses: bool = True) -> None:
        """Stop the bytes to the server, those from it, or both."""
        if requests:
            self._requests.clear()
        if responses:
            self._responses.clear()

    def heal(self) -> None:
        """Let all bytes through again."""
        self._requests.set()
        self._responses.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await self._requests.wait()
            server_reader, server_writer = await self._open()
            writers.append(server_writer)
            pumps = [
                asyncio.create_task(_pump(reader, server_writer, self._requests)),
                asyncio.create_task(_pump(server_reader, writer, self._responses)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass
        finally:
            for each in writers:
                each.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the next server that accepts connections."""
        for port in self._rotated():
            try:
                return await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                continue
        raise ConnectionRefusedError

    def _rotated(self) -> Iterable[int]:
        self._ports.append(self._ports.pop(0))
        return tuple(self._ports)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_: asyncio.Event
) -> None:
    """Copy bytes while a direction is open, until the connection ends."""
    while data := await reader.read(CHUNK_BYTES):
        await open_.wait()
        writer.write(data)
        await writer.drain()
    await open_.wait()
