import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from gateway.forwarding.client import ConnectionPool
from gateway.testing import Client, ServiceDouble, running_gateway, serving_raw

UNREACHABLE = "http://127.0.0.1:1"
TARGETS = {
    "GET": "/api/products",
    "PUT": "/api/products/1/image",
    "DELETE": "/api/products/1",
    "POST": "/api/products",
}


class TestUnavailableService:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_is_reported_if_it_refuses_the_connection(
        self, service: ServiceDouble, user: dict[str, str], method: str
    ) -> None:
        # Given
        async with running_gateway(service.url, orders_url=UNREACHABLE) as client:
            # When
            response = await client.request(method, "/api/orders", user, b"{}")
        # Then
        assert response.status == 503
        assert response.json()["type"] == "/problems/unavailable"
        assert (
            response.json()["detail"] == "The orders service is unavailable. Try again in a moment."
        )
        assert response.header("Retry-After") == "1"

    async def test_is_reported_if_its_name_cannot_be_resolved(self, service: ServiceDouble) -> None:
        url = "http://nowhere.invalid"
        async with running_gateway(service.url, products_url=url) as client:
            assert (await client.request("GET", "/api/products")).status == 503

    async def test_is_reported_if_all_connections_are_in_use(
        self, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        started, released = asyncio.Event(), asyncio.Event()

        async def respond(_request: web.Request) -> web.StreamResponse:
            started.set()
            await released.wait()
            return web.Response()

        service.respond = respond
        async with running_gateway(
            service.url, connections_per_service=1, connect_seconds=0.1
        ) as client:
            first = client.start("POST", "/api/orders", user)
            await asyncio.wait_for(started.wait(), 5)
            # When
            second = await client.request("POST", "/api/orders", user)
            released.set()
            await first.finished()
        # Then
        assert (first.response.status, second.status) == (200, 503)
        assert len(service.received) == 1


class TestRetry:
    @pytest.mark.parametrize(
        ("method", "target", "body"),
        [
            ("GET", "/api/products", b""),
            ("HEAD", "/api/products", b""),
            ("PUT", "/api/products/1/image", b"small"),
            ("PUT", "/api/products/1/image", [b"it ", b"streams"]),
            ("DELETE", "/api/products/1", b""),
            ("POST", "/api/products", b"{}"),
            ("PATCH", "/api/products/1", b"{}"),
        ],
    )
    async def test_follows_a_refused_connection(
        self,
        service: ServiceDouble,
        admin: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        method: str,
        target: str,
        body: bytes | list[bytes],
    ) -> None:
        # Given a service that is up at the second attempt
        urls: list[URL] = []
        send = ConnectionPool.request

        async def request(
            pool: ConnectionPool, method: str, url: URL, *arguments: Any
        ) -> aiohttp.ClientResponse:
            urls.append(url)
            if len(urls) == 2:
                url = URL(service.url + url.raw_path_qs, encoded=True)
            return await send(pool, method, url, *arguments)

        monkeypatch.setattr(ConnectionPool, "request", request)
        async with running_gateway(service.url, products_url=UNREACHABLE) as client:
            # When
            response = await client.request(method, target, admin, body)
        # Then
        assert urls == [URL(UNREACHABLE + target)] * 2
        assert response.status == 200
        expected = b"".join(body) if isinstance(body, list) else body
        assert [request.body for request in service.received] == [expected]


class ClosingService:
    """A service that closes a connection, without notice, after a number of requests on it.

    Attributes:
        served: How many requests it has responded to.
        dropped: How many requests it has received without responding.
        connections: How many connections it has accepted.
    """

    def __init__(self, *, serves: int, reads_next: bool = False) -> None:
        self._serves = serves
        self._reads_next = reads_next
        self.served = 0
        self.dropped = 0
        self.connections = 0

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Respond to the request whose head was read, and to the following ones."""
        self.connections += 1
        for _ in range(self._serves - 1):
            self._respond(writer)
            await reader.readuntil(b"\r\n\r\n")
        self._respond(writer)
        if self._reads_next:
            await reader.readuntil(b"\r\n\r\n")
            self.dropped += 1

    def _respond(self, writer: StreamWriter) -> None:
        self.served += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


class TestConnectionThatTheServiceClosed:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "DELETE"])
    @pytest.mark.parametrize("serves", [1, 2])
    async def test_is_not_used_again(
        self, service: ServiceDouble, admin: dict[str, str], method: str, serves: int
    ) -> None:
        # Given
        closing = ClosingService(serves=serves)
        target = {"HEAD": "/api/products", "PATCH": "/api/products/1"}.get(method)
        async with (
            serving_raw(closing.talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            statuses = [
                (await client.request(method, target or TARGETS[method], admin)).status
                for _ in range(30)
            ]
        # Then
        assert statuses == [200] * 30
        assert closing.served == 30

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    async def test_just_before_a_request_is_not_used(
        self, service: ServiceDouble, admin: dict[str, str], method: str
    ) -> None:
        # Given
        sockets: list[Any] = []

        async def talk(reader: StreamReader, writer: StreamWriter) -> None:
            sockets.append(writer.get_extra_info("socket"))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await reader.read()

        async with (
            serving_raw(talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            await client.request("GET", "/api/products")
            # When the event loop has not noticed it yet
            sockets[0].shutdown(socket.SHUT_RDWR)
            response = await client.request(method, TARGETS[method], admin)
        # Then
        assert response.status == 204
        assert len(sockets) == 2

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_during_a_request_that_changes_nothing_is_replaced(
        self, service: ServiceDouble, method: str
    ) -> None:
        # Given
        closing = ClosingService(serves=1, reads_next=True)
        async with (
            serving_raw(closing.talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            responses = [await client.request(method, "/api/products") for _ in range(6)]
        # Then the retry is not sent on a pooled connection
        assert [response.status for response in responses] == [200] * 6
        assert closing.served == 6

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    @pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "one"}])
    async def test_during_any_other_request_is_reported(
        self, service: ServiceDouble, admin: dict[str, str], method: str, key: dict[str, str]
    ) -> None:
        # Given
        closing = ClosingService(serves=1, reads_next=True)
        async with (
            serving_raw(closing.talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            first = await client.request("GET", "/api/products")
            # When
            second = await client.request(method, TARGETS[method], {**admin, **key})
        # Then
        assert (first.status, second.status) == (200, 502)
        assert second.json()["type"] == "/problems/bad-gateway"
        assert (closing.served, closing.dropped) == (1, 1)

    async def test_is_replaced_once(self, service: ServiceDouble) -> None:
        # Given
        requests: list[int] = []

        async def talk(reader: StreamReader, writer: StreamWriter) -> None:
            requests.append(1)
            if len(requests) == 1:
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                requests.append(2)

        async with (
            serving_raw(talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            first = await client.request("GET", "/api/products")
            second = await client.request("GET", "/api/products")
        # Then
        assert (first.status, second.status) == (204, 502)
        assert requests == [1, 2, 1]

    @pytest.mark.parametrize("target", ["/api/orders", "/api/orders/stream"])
    async def test_at_once_is_reported(
        self, service: ServiceDouble, user: dict[str, str], target: str
    ) -> None:
        # Given a service that reads no request
        connections = 0

        async def close(_reader: StreamReader, writer: StreamWriter) -> None:
            nonlocal connections
            connections += 1
            writer.close()

        server = await asyncio.start_server(close, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, running_gateway(service.url, orders_url=url) as client:
            # When
            response = await client.request("GET", target, user)
        # Then
        assert response.status == 502
        assert connections == 1

    async def test_is_used_again_if_it_stays_open(self, service: ServiceDouble) -> None:
        # Given
        closing = ClosingService(serves=1_000)
        async with (
            serving_raw(closing.talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            for _ in range(30):
                assert (await client.request("GET", "/api/products")).status == 200
        # Then
        assert closing.connections == 1


class TestBrokenService:
    @pytest.mark.parametrize(
        "sent",
        [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 ?\r\n\r\n"],
    )
    @pytest.mark.parametrize("method", TARGETS)
    async def test_is_reported_without_a_retry(
        self, service: ServiceDouble, admin: dict[str, str], sent: bytes, method: str
    ) -> None:
        # Given
        requests = 0

        async def talk(_reader: StreamReader, writer: StreamWriter) -> None:
            nonlocal requests
            requests += 1
            writer.write(sent)

        async with (
            serving_raw(talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            body = b"" if method == "GET" else b"{}"
            response = await client.request(method, TARGETS[method], admin, body)
        # Then
        assert response.status == 502
        assert response.json()["type"] == "/problems/bad-gateway"
        assert requests == 1

    @pytest.mark.parametrize(
        "rest",
        [b"Content-Length: 100\r\n\r\npart", b"Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"],
    )
    async def test_leaves_the_response_incomplete_if_it_breaks_off(
        self, service: ServiceDouble, rest: bytes
    ) -> None:
        # Given
        async def talk(_reader: StreamReader, writer: StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n" + rest)
            await writer.drain()
            await asyncio.sleep(0.05)

        async with (
            serving_raw(talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            exchange = client.start("GET", "/api/products")
            await exchange.finished()
        # Then
        assert exchange.response.body == b"part"
        assert not exchange.response.complete


class TestSlowService:
    @pytest.mark.parametrize("limit", [{"read_seconds": 0.1}, {"whole_seconds": 0.1}])
    @pytest.mark.parametrize(
        ("method", "consequence"),
        [("POST", "Your change may or may not have been made."), ("GET", "Try again.")],
    )
    async def test_is_reported_after_a_timeout(
        self,
        service: ServiceDouble,
        user: dict[str, str],
        limit: dict[str, Any],
        method: str,
        consequence: str,
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(5)
            return web.Response()

        service.respond = respond
        async with running_gateway(service.url, **limit) as client:
            # When
            response = await client.request(method, "/api/orders", user, b"{}")
        # Then
        assert response.status == 504
        assert response.json()["type"] == "/problems/gateway-timeout"
        detail = f"The orders service did not respond in time. {consequence}"
        assert response.json()["detail"] == detail
        assert len(service.received) == 1


class TestResponse:
    async def test_keeps_its_encoding(self, client: Client, service: ServiceDouble) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=b"not really gzip", headers={"Content-Encoding": "gzip"})

        service.respond = respond
        # When
        response = await client.request("GET", "/api/products", {"Accept-Encoding": "gzip"})
        # Then
        assert response.body == b"not really gzip"
        assert response.header("Content-Encoding") == "gzip"
        assert service.received[0].headers["Accept-Encoding"] == "gzip"

    async def test_to_head_has_no_body(self, client: Client, service: ServiceDouble) -> None:
        # When
        response = await client.request("HEAD", "/api/products")
        # Then
        assert (response.status, response.body, response.complete) == (200, b"", True)
        assert response.header("Content-Length") == "19"
        assert service.received[0].method == "GET"

    async def test_may_be_a_redirect_which_is_not_followed(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": "/elsewhere"})

        service.respond = respond
        # When
        response = await client.request("GET", "/api/products")
        # Then
        assert response.status == 307
        assert len(service.received) == 1
