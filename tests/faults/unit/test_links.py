import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.faults.links import Link

from stack.ports import LOOPBACK, free_ports

UNANSWERED_SECONDS = 0.1


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    """Yield the port of a server that sends back each line."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> bytes:
    writer.write(line)
    return await asyncio.wait_for(reader.readline(), UNANSWERED_SECONDS)


async def test_a_link_carries_requests_and_responses(echo_port: int) -> None:
    async with Link([echo_port]) as link:
        connection = await asyncio.open_connection(LOOPBACK, link.port)

        assert await ask(*connection, b"hello\n") == b"hello\n"

        connection[1].close()


@pytest.mark.parametrize(("requests", "responses"), [(True, True), (True, False), (False, True)])
async def test_a_cut_link_delivers_later(echo_port: int, requests: bool, responses: bool) -> None:
    async with Link([echo_port]) as link:
        connection = await asyncio.open_connection(LOOPBACK, link.port)
        assert await ask(*connection, b"before\n") == b"before\n"

        link.cut(requests=requests, responses=responses)
        with pytest.raises(TimeoutError):
            await ask(*connection, b"during\n")

        link.heal()
        assert await connection[0].readline() == b"during\n"
        connection[1].close()


async def test_a_link_skips_a_server_that_is_down(echo_port: int) -> None:
    [closed] = free_ports(1)
    async with Link([closed, echo_port]) as link:
        for _ in range(2):
            connection = await asyncio.open_connection(LOOPBACK, link.port)
            assert await ask(*connection, b"hello\n") == b"hello\n"
            connection[1].close()
