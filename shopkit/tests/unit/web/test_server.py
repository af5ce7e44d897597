import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from prometheus_client import REGISTRY
from starlette.types import ASGIApp, Receive, Scope, Send

from shopkit.web.server import PortRouter, Server, run

DRAIN_SECONDS = 0.4
ASKED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


class Caller:
    """Keeps a connection for as long as it may."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def asks(self) -> bytes:
        """Ask once, and return what the head of the answer is."""
        self._writer.write(ASKED)
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert await self._reader.readexactly(2) == b"ok"
        return head

    async def is_left(self) -> bool:
        return await self._reader.read() == b""

    def closes(self) -> None:
        self._writer.close()


@asynccontextmanager
async def serving(drain_seconds: float) -> AsyncIterator[tuple[Server, int]]:
    config = uvicorn.Config(answer, port=0, log_config=None, lifespan="off")
    server = Server(config, drain_seconds=drain_seconds)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server, server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def connected(port: int) -> Caller:
    return Caller(*await asyncio.open_connection("127.0.0.1", port))


class TestServer:
    async def test_keeps_connections_while_it_runs(self) -> None:
        async with serving(0) as (_, port):
            caller = await connected(port)
            heads = [await caller.asks() for _ in range(3)]
            caller.closes()
        assert not any(b"connection: close" in head for head in heads)

    async def test_measures_how_late_the_event_loop_is(self) -> None:
        def total() -> float:
            return REGISTRY.get_sample_value("event_loop_delay_seconds_sum") or 0.0

        async with serving(0):
            before = total()
            # When
            time.sleep(0.3)  # noqa: ASYNC251 - it blocks the event loop on purpose.
            async with asyncio.timeout(5):
                while total() == before:
                    await asyncio.sleep(0.01)
            # Then: the tick was planned within the first 0.1 s.
            assert 0.15 < total() - before < 0.35

    async def test_closes_used_connections_while_it_drains(self) -> None:
        async with serving(60) as (server, port):
            known = await connected(port)
            assert b"connection: close" not in await known.asks()
            # When
            server.should_exit = True
            # Then
            while b"connection: close" not in await known.asks():
                await asyncio.sleep(0.01)
            assert await known.is_left()
            # And a client on an idle connection gets a response as well
            new = await connected(port)
            assert b"connection: close" in await new.asks()
            known.closes()
            new.closes()
            server.force_exit = True

    async def test_keeps_idle_connections_while_it_drains(self) -> None:
        async with serving(DRAIN_SECONDS) as (server, port):
            caller = await connected(port)
            await caller.asks()
            began = asyncio.get_running_loop().time()
            server.should_exit = True
            assert await caller.is_left()
            assert asyncio.get_running_loop().time() - began > DRAIN_SECONDS
            caller.closes()

    async def test_ends_at_once_at_the_second_signal(self) -> None:
        async with serving(60) as (server, _):
            server.should_exit = server.force_exit = True


def run_quietly() -> None:
    config = uvicorn.Config(answer, port=0, log_config=None)
    run(config, monitoring=answer, monitoring_port=0, drain_seconds=0)


class TestRun:
    def test_fails_if_the_application_cannot_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Server, "run", lambda self, sockets: None)
        with pytest.raises(SystemExit) as ended:
            run_quietly()
        assert ended.value.code == 3

    def test_ends_silently_at_an_interrupt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(server: Server, _sockets: object) -> None:
            server.started = True
            raise KeyboardInterrupt

        monkeypatch.setattr(Server, "run", interrupted)
        run_quietly()


class TestPortRouter:
    @pytest.mark.parametrize(
        ("scope", "expected"),
        [
            ({"type": "lifespan"}, "callers"),
            ({"type": "http", "server": ("10.0.0.1", 8000)}, "callers"),
            ({"type": "http", "server": ("10.0.0.1", 9000)}, "monitoring"),
            ({"type": "websocket", "server": ("10.0.0.1", 9000)}, "monitoring"),
            (
                {
                    "type": "http",
                    "server": ("10.0.0.1", 8000),
                    "headers": [(b"host", b"orders-ms:9000")],
                },
                "callers",
            ),
        ],
    )
    async def test_passes_a_request_to_the_application_of_its_port(
        self, scope: Scope, expected: str
    ) -> None:
        called: list[str] = []

        def application(name: str) -> ASGIApp:
            async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
                called.append(name)

            return app

        router = PortRouter(application("callers"), application("monitoring"), 9000)
        await router(scope, None, None)  # type: ignore[arg-type]
        assert called == [expected]
