from asyncio import StreamReader, StreamWriter

import pytest
from aiohttp import web

from gateway.testing import Client, ServiceDouble, running_gateway, serving, serving_raw

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestRequestHeaders:
    async def test_are_forwarded_without_hop_by_hop_headers(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # Given
        hop_by_hop = {
            "Connection": "keep-alive, X-Hop",
            "Keep-Alive": "timeout=5",
            "TE": "trailers",
            "Trailer": "X-Sum",
            "Upgrade": "h2c",
            "Proxy-Authorization": "Basic x",
            "Proxy-Connection": "keep-alive",
            "Expect": "100-continue",
            "X-Hop": "named by Connection",
            "Host": "shop.example",
        }
        others = {"X-Other": "é", "X-Forwarded-For": "1.2.3.4"}
        # When
        await client.request("GET", "/api/products", hop_by_hop | others)
        # Then
        [request] = service.received
        received = {name.lower(): value for name, value in request.headers.items()}
        assert received == {
            "host": service.url.removeprefix("http://"),
            "x-other": "é",
            "x-forwarded-for": "1.2.3.4",
            "authorization": received["authorization"],
            "x-user-role": "visitor",
            "x-request-id": received["x-request-id"],
            "traceparent": received["traceparent"],
            "x-client-address": "10.0.0.9",
            "accept-encoding": "identity",
            "accept": "*/*",
            "user-agent": received["user-agent"],
        }

    async def test_stay_repeated(self, client: Client, service: ServiceDouble) -> None:
        await client.request("GET", "/api/products", [("X-Many", "1"), ("X-Many", "2")])
        assert service.received[0].headers.getall("X-Many") == ["1", "2"]

    async def test_include_cookies_for_authentication_only(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # When
        for path in ("/api/authentication_health", "/api/products_health", "/api/orders_health"):
            await client.request("GET", path, {"Cookie": "a=1; b=2"})
        # Then
        cookies = [request.headers.get("Cookie") for request in service.received]
        assert cookies == ["a=1; b=2", None, None]

    async def test_include_the_client_address_of_nginx_or_of_the_connection(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # When
        await client.request("GET", "/api/products", {"X-Client-Address": "192.0.2.7"})
        await client.request("GET", "/api/products")
        # Then
        addresses = [request.headers.getall("X-Client-Address") for request in service.received]
        assert addresses == [["192.0.2.7"], ["10.0.0.9"]]


class TestTraceContext:
    async def test_is_forwarded_and_returned_if_it_is_valid(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # When
        response = await client.request(
            "GET", "/api/products", {"X-Request-ID": "r-1", "traceparent": TRACEPARENT}
        )
        # Then
        headers = service.received[0].headers
        assert (headers["X-Request-ID"], headers["traceparent"]) == ("r-1", TRACEPARENT)
        assert response.headers("X-Request-ID") == ["r-1"]
        assert response.headers("traceparent") == [TRACEPARENT]

    async def test_is_replaced_if_it_is_invalid(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # When
        response = await client.request(
            "GET", "/api/products", {"X-Request-ID": "a b", "traceparent": "x"}
        )
        # Then
        headers = service.received[0].headers
        assert response.header("X-Request-ID") not in {"a b", None}
        assert response.header("X-Request-ID") == headers["X-Request-ID"]
        assert response.header("traceparent") == headers["traceparent"]


class TestResponseHeaders:
    async def test_are_forwarded_without_hop_by_hop_headers(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(
                status=201,
                body=b"made",
                headers=[
                    ("ETag", '"1"'),
                    ("X-Many", "1"),
                    ("X-Many", "2"),
                    ("Connection", "keep-alive, X-Hop"),
                    ("X-Hop", "1"),
                    ("Keep-Alive", "timeout=5"),
                    ("Proxy-Authenticate", "Basic"),
                    ("Set-Cookie", "a=1"),
                    ("X-Request-ID", "another"),
                ],
            )

        service.respond = respond
        # When
        response = await client.request("GET", "/api/products", {"X-Request-ID": "mine"})
        # Then
        assert response.status == 201
        assert response.body == b"made"
        received = [(name.decode(), value.decode()) for name, value in response.raw_headers]
        assert sorted(received) == sorted(
            [
                ("etag", '"1"'),
                ("x-many", "1"),
                ("x-many", "2"),
                ("content-length", "4"),
                ("content-type", "application/octet-stream"),
                ("x-request-id", "mine"),
                ("traceparent", response.header("traceparent") or ""),
            ]
        )

    @pytest.mark.parametrize(
        ("method", "path", "cookies"),
        [("POST", "/api/login", ["a=1", "b=2"]), ("GET", "/api/products", [])],
    )
    async def test_include_cookies_of_authentication_only(
        self,
        client: Client,
        service: ServiceDouble,
        method: str,
        path: str,
        cookies: list[str],
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

        service.respond = respond
        # When
        response = await client.request(method, path)
        # Then
        assert response.headers("Set-Cookie") == cookies

    async def test_have_no_length_if_the_status_is_not_modified(
        self, service: ServiceDouble
    ) -> None:
        # Given
        async def talk(_reader: StreamReader, writer: StreamWriter) -> None:
            writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n')

        async with (
            serving_raw(talk) as url,
            running_gateway(service.url, products_url=url) as client,
        ):
            # When
            response = await client.request("GET", "/api/products")
        # Then
        assert response.status == 304
        assert (response.header("ETag"), response.header("Content-Length")) == ('"1"', None)


class TestCaching:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [("/api/orders", "no-store"), ("/api/users", "no-store"), ("/api/products", None)],
    )
    async def test_of_a_personal_response_is_forbidden(
        self, client: Client, admin: dict[str, str], path: str, expected: str | None
    ) -> None:
        response = await client.request("GET", path, admin)
        assert response.header("Cache-Control") == expected

    async def test_is_decided_by_the_service_if_it_says_so(
        self, service: ServiceDouble, admin: dict[str, str]
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.Response:
            return web.Response(headers={"Cache-Control": "private, max-age=5"})

        async with (
            serving(respond) as url,
            running_gateway(service.url, orders_url=url) as client,
        ):
            # When
            response = await client.request("GET", "/api/orders", admin)
        # Then
        assert response.header("Cache-Control") == "private, max-age=5"
