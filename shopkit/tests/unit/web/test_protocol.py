import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shopkit.web.protocol import HttpProtocol
from shopkit.web.server import Server

VALID = b"GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n"


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/upload":
        await receive()
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b"o", "more_body": True})
        await asyncio.Event().wait()
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        respond, http=HttpProtocol, port=0, log_config=None, lifespan="off", server_header=False
    )
    server = Server(config, drain_seconds=0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.force_exit = server.should_exit = True
    await task


async def send(port: int, *parts: bytes) -> bytes:
    """Send the parts of a request, each after a part of the response, and return all of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    async with asyncio.timeout(5):
        for part in parts:
            writer.write(part)
            if part is not parts[-1]:
                received += await reader.read(65_536)
        received += await reader.read()
    writer.close()
    return received


def parsed(response: bytes) -> tuple[bytes, dict[bytes, bytes], Any]:
    head, _, body = response.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    assert int(headers[b"content-length"]) == len(body)
    return status, headers, json.loads(body)


class TestInvalidRequest:
    @pytest.mark.parametrize(
        ("request_", "instance"),
        [
            pytest.param(
                "GET /caf\u00e9?q=1 HTTP/1.1\r\nHost: a\r\n\r\n".encode(), None, id="UTF-8"
            ),
            pytest.param(b"BREW /tea HTTP/1.1\r\nHost: a\r\n\r\n", None, id="unknown method"),
            pytest.param(b"get /api/x HTTP/1.1\r\nHost: a\r\n\r\n", None, id="lower case"),
            pytest.param(
                b"GET /api/x HTTP/1.1\r\nHost: a\r\nX-A: \x01\r\n\r\n", "/api/x", id="header value"
            ),
            pytest.param(
                b"GET /api/x HTTP/1.1\r\nHost: a\r\nX\x00A: b\r\n\r\n", "/api/x", id="header name"
            ),
            pytest.param(b"GET /api/x HTTP/1.1\r\nno colon\r\n\r\n", "/api/x", id="no colon"),
            pytest.param(
                b"POST /api/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "/api/x", id="length"
            ),
            pytest.param(b"GET /api/x HTTP/9.9\r\nHost: a\r\n\r\n", "/api/x", id="version"),
            pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "/", id="TLS"),
        ],
    )
    async def test_gets_a_problem_document(
        self, port: int, request_: bytes, instance: str | None
    ) -> None:
        # When
        status, headers, problem = parsed(await send(port, request_))
        # Then
        assert status == b"HTTP/1.1 400 Bad Request"
        assert headers[b"content-type"] == b"application/problem+json"
        assert headers[b"connection"] == b"close"
        assert b"date" in headers
        assert problem["type"] == "/problems/bad-request"
        assert problem["title"] == "Bad request"
        assert problem["status"] == 400
        assert problem["detail"].startswith("The request is not valid HTTP.")
        assert problem["instance"].isascii()
        assert problem["instance"] == instance or instance is None
        assert problem["request_id"] == headers[b"x-request-id"].decode() != ""

    async def test_keeps_its_id(self, port: int) -> None:
        request = b"GET / HTTP/1.1\r\nX-Request-ID: one.2\r\nX-A: \x01\r\n\r\n"
        _, _, problem = parsed(await send(port, request))
        assert problem["request_id"] == "one.2"

    async def test_after_a_valid_one_gets_a_problem_document(self, port: int) -> None:
        # When
        response = await send(port, VALID, b"BREW /tea HTTP/1.1\r\n\r\n")
        # Then
        first, second = response.split(b"HTTP/1.1 ")[1:]
        assert first.endswith(b"\r\n\r\nok")
        assert second.startswith(b"400 Bad Request")
        assert json.loads(second.partition(b"\r\n\r\n")[2])["status"] == 400

    async def test_does_not_change_a_response_that_has_started(self, port: int) -> None:
        response = await send(port, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00\r\n\r\n")
        assert response.count(b"HTTP/1.1") == 1
        assert b"400" not in response

    async def test_with_an_invalid_body_gets_a_problem_document(self, port: int) -> None:
        # Given
        head = b"POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        # When
        status, _, problem = parsed(await send(port, head + b"nonsense\r\n\r\n"))
        # Then
        assert status == b"HTTP/1.1 400 Bad Request"
        assert problem["instance"] == "/upload"
