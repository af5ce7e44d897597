import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from gateway.testing import Client, ServiceDouble, running_gateway, serving

MIB = 1024 * 1024


def whole(size: int) -> bytes:
    return b"x" * size


def chunks(size: int) -> list[bytes]:
    body = whole(size)
    return [body[start : start + 100_000] for start in range(0, size, 100_000)]


class TestLimit:
    @pytest.mark.parametrize("make_body", [whole, chunks])
    @pytest.mark.parametrize(
        ("target", "method", "limit"),
        [
            ("/api/orders", "POST", MIB),
            ("/api/products/1", "PATCH", MIB),
            ("/api/products/1/image", "PUT", 2 * MIB + 65536),
        ],
    )
    async def test_is_exact(
        self,
        client: Client,
        service: ServiceDouble,
        admin: dict[str, str],
        target: str,
        method: str,
        limit: int,
        make_body: Callable[[int], bytes | list[bytes]],
    ) -> None:
        # When
        accepted = await client.request(method, target, admin, make_body(limit))
        refused = await client.request(method, target, admin, make_body(limit + 1))
        # Then
        assert accepted.status == 200
        assert refused.status == 413
        assert refused.json()["type"] == "/problems/content-too-large"
        assert refused.header("Connection") == "close"
        assert [len(request.body) for request in service.received] == [limit]

    async def test_is_checked_before_the_body_is_sent(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # When
        exchange = client.start("POST", "/api/orders", user | {"Content-Length": str(MIB + 1)})
        await exchange.finished()
        # Then
        assert exchange.response.status == 413
        assert service.received == []

    async def test_is_checked_after_the_access(self, client: Client) -> None:
        exchange = client.start("POST", "/api/orders", {"Content-Length": str(MIB + 1)})
        await exchange.finished()
        assert exchange.response.status == 401


class TestSmallBody:
    @pytest.mark.parametrize("body", [b"", b"{}"])
    async def test_is_forwarded_with_its_length(
        self, client: Client, service: ServiceDouble, user: dict[str, str], body: bytes
    ) -> None:
        # When
        await client.request("POST", "/api/orders", user, body)
        # Then
        [received] = service.received
        assert received.body == body
        assert received.headers["Content-Length"] == str(len(body))
        assert "Transfer-Encoding" not in received.headers

    @pytest.mark.parametrize("parts", [[b"{", b"}"], [b"", b"{}"], []])
    async def test_is_forwarded_without_a_declared_length(
        self, client: Client, service: ServiceDouble, user: dict[str, str], parts: list[bytes]
    ) -> None:
        await client.request("POST", "/api/orders", user, parts)
        assert [request.body for request in service.received] == [b"".join(parts)]


class TestLargeBody:
    async def test_is_streamed(self, service: ServiceDouble, admin: dict[str, str]) -> None:
        # Given
        received_first_part = asyncio.Event()

        async def respond(request: web.Request) -> web.StreamResponse:
            await request.content.readany()
            received_first_part.set()
            await request.read()
            return web.Response()

        async with (
            serving(respond) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            headers = admin | {"Content-Length": "200000"}
            exchange = client.start("PUT", "/api/products/1/image", headers)
            # When
            exchange.send(b"x" * 100_000, more=True)
            # Then
            await asyncio.wait_for(received_first_part.wait(), 2)
            exchange.send(b"x" * 100_000)
            await exchange.finished()
        assert exchange.response.status == 200


class TestIncompleteBody:
    @pytest.mark.parametrize(
        ("method", "target", "size"),
        [("POST", "/api/orders", 100), ("PUT", "/api/products/1/image", 100_000)],
    )
    async def test_is_dropped_if_the_client_disconnects(
        self,
        client: Client,
        service: ServiceDouble,
        admin: dict[str, str],
        method: str,
        target: str,
        size: int,
    ) -> None:
        # Given
        exchange = client.start(method, target, admin | {"Content-Length": str(size)})
        exchange.send(b"x", more=True)
        # When
        exchange.disconnect()
        await exchange.finished()
        # Then
        assert exchange.response.status == 0
        assert service.received == []

    @pytest.mark.parametrize("size", [100, 100_000])
    async def test_is_refused_after_a_timeout(
        self, service: ServiceDouble, admin: dict[str, str], size: int
    ) -> None:
        # Given
        async with running_gateway(service.url, whole_seconds=0.2) as client:
            headers = admin | {"Content-Length": str(size)}
            exchange = client.start("PUT", "/api/products/1/image", headers)
            # When
            exchange.send(b"x", more=True)
            await exchange.finished()
        # Then
        assert exchange.response.status == 408
        assert exchange.response.json()["type"] == "/problems/request-timeout"
        assert exchange.response.header("Connection") == "close"
