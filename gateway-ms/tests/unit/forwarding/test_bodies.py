"""How requests pass to a service and answers back: headers, bodies, streams, failures."""

import asyncio
import logging
import os
import signal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

MIB = 1024 * 1024
LENGTH = "Content-Length"


class TestRequestHeaders:
    async def test_hop_by_hop_headers_do_not_pass(self, client: Any, service: Any) -> None:
        # Given a request with every kind of header that is for one hop
        hop = {
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
        # When it is forwarded
        await client("GET", "/api/products", hop | {"X-Other": "é", "X-Forwarded-For": "1.2.3.4"})
        # Then what is for the service arrives, and nothing else
        (seen,) = service.seen
        arrived = {name.lower(): value for name, value in seen.headers.items()}
        assert arrived == {
            "host": service.url.removeprefix("http://"),
            "x-other": "é",
            "x-forwarded-for": "1.2.3.4",
            "x-user-role": "visitor",
            "x-request-id": arrived["x-request-id"],
            "traceparent": arrived["traceparent"],
            "x-client-address": "10.0.0.9",
            "accept-encoding": "identity",
            "accept": "*/*",
            "user-agent": arrived["user-agent"],
        }

    async def test_a_repeated_header_stays_repeated(self, client: Any, service: Any) -> None:
        await client("GET", "/api/products", [("X-Many", "1"), ("X-Many", "2")])
        assert service.seen[0].headers.getall("X-Many") == ["1", "2"]

    async def test_the_trace_is_accepted_or_made_and_given_back(
        self, client: Any, service: Any
    ) -> None:
        # Given a sane trace, and one that is not
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        sane = await client("GET", "/api/products", {"X-Request-ID": "r-1", "traceparent": trace})
        odd = await client("GET", "/api/products", {"X-Request-ID": "a b", "traceparent": "x"})
        # Then the sane one goes through everything, and the other is replaced
        assert [(s.headers["X-Request-ID"], s.headers["traceparent"]) for s in service.seen] == [
            ("r-1", trace),
            (odd.header("X-Request-ID"), odd.header("traceparent")),
        ]
        assert (sane.all("X-Request-ID"), sane.all("traceparent")) == (["r-1"], [trace])
        assert odd.header("X-Request-ID") not in {"a b", None}

    async def test_cookies_go_to_authentication_only(self, client: Any, service: Any) -> None:
        # When a client sends its cookies everywhere
        for path in ("/api/authentication_health", "/api/products_health", "/api/orders_health"):
            await client("GET", path, [("Cookie", "a=1; b=2")])
        # Then one service sees them
        assert [seen.headers.get("Cookie") for seen in service.seen] == ["a=1; b=2", None, None]


class TestAnswers:
    async def test_headers_pass_without_those_for_one_hop(self, client: Any, service: Any) -> None:
        # Given a service that sends all kinds of headers
        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
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

        service.answer = answer
        # When it answers
        got = await client("GET", "/api/products", {"X-Request-ID": "mine"})
        # Then exactly what is for the client arrives
        assert got.status == 201
        assert got.body == b"made"
        assert sorted((k.decode(), v.decode()) for k, v in got.raw) == sorted(
            [
                ("etag", '"1"'),
                ("x-many", "1"),
                ("x-many", "2"),
                ("content-length", "4"),
                ("content-type", "application/octet-stream"),
                ("x-request-id", "mine"),
                ("traceparent", got.header("traceparent")),
            ]
        )

    async def test_only_authentication_sets_cookies(self, client: Any, service: Any) -> None:
        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            return web.Response(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

        service.answer = answer
        login = await client("POST", "/api/login", body=b"{}")
        products = await client("GET", "/api/products")
        assert login.all("Set-Cookie") == ["a=1", "b=2"]
        assert products.all("Set-Cookie") == []

    async def test_compressed_bodies_pass_as_they_are(self, client: Any, service: Any) -> None:
        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            return web.Response(body=b"not really gzip", headers={"Content-Encoding": "gzip"})

        service.answer = answer
        got = await client("GET", "/api/products", {"Accept-Encoding": "gzip"})
        assert (got.body, got.header("Content-Encoding")) == (b"not really gzip", "gzip")
        assert service.seen[0].headers["Accept-Encoding"] == "gzip"

    async def test_head_is_get_without_the_body(self, client: Any, service: Any) -> None:
        got = await client("HEAD", "/api/products")
        assert (got.status, got.body, got.complete) == (200, b"", True)
        assert got.header(LENGTH) == "19"
        assert service.seen[0].method == "GET"

    async def test_not_modified_has_no_length(
        self, client: Any, broken_service: Any, run: Any
    ) -> None:
        async def talk(_reader: Any, writer: asyncio.StreamWriter) -> None:
            writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n')

        async with broken_service(talk) as url, run(client_url(client), products_url=url) as here:
            got = await here("GET", "/api/products")
        assert (got.status, got.header("ETag"), got.header(LENGTH)) == (304, '"1"', None)

    async def test_a_redirect_is_the_clients_to_follow(self, client: Any, service: Any) -> None:
        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": "/elsewhere"})

        service.answer = answer
        assert (await client("GET", "/api/products")).status == 307
        assert len(service.seen) == 1


def client_url(client: Any) -> str:
    url: str = client.state.endpoint._forwarder._origins["authentication"]
    return url


class TestBodies:
    @pytest.mark.parametrize(
        ("target", "verb", "limit"),
        [
            ("/api/orders", "POST", MIB),
            ("/api/products/1", "PATCH", MIB),
            ("/api/products/1/image", "PUT", 2 * MIB + 65536),
        ],
    )
    @pytest.mark.parametrize("chunked", [False, True])
    async def test_the_limit_is_exact(
        self,
        client: Any,
        service: Any,
        admin: dict[str, str],
        target: str,
        verb: str,
        limit: int,
        chunked: bool,
    ) -> None:
        def parts(size: int) -> Any:
            body = b"x" * size
            return [body[i : i + 100_000] for i in range(0, size, 100_000)] if chunked else body

        # When a body is exactly at the limit, then it passes whole
        fits = await client(verb, target, admin, parts(limit))
        assert fits.status == 200
        assert [len(seen.body) for seen in service.seen] == [limit]
        # When it is one byte over, then it is refused, and the service gets no whole request
        over = await client(verb, target, admin, parts(limit + 1))
        assert over.status == 413
        assert over.json()["type"] == "/problems/content-too-large"
        assert over.header("Connection") == "close"
        assert len(service.seen) == 1

    async def test_a_body_told_to_be_too_large_is_refused_before_it_is_sent(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        # Given a client that only tells a length
        exchange = client.begin("POST", "/api/orders", user | {LENGTH: str(MIB + 1)})
        # Then it is answered without having sent a byte
        await asyncio.wait_for(exchange.task, 1)
        assert exchange.answered.status == 413
        assert service.seen == []

    async def test_who_may_not_come_in_is_told_so_before_the_body_is_read(
        self, client: Any
    ) -> None:
        exchange = client.begin("POST", "/api/orders", {LENGTH: str(MIB + 1)})
        await asyncio.wait_for(exchange.task, 1)
        assert exchange.answered.status == 401

    @pytest.mark.parametrize("body", [b"", b"{}", [b"{", b"}"], [b"", b"{}"], []])
    async def test_small_bodies_arrive(
        self, client: Any, service: Any, user: dict[str, str], body: Any
    ) -> None:
        await client("POST", "/api/orders", user, body)
        (seen,) = service.seen
        assert seen.body == (body if isinstance(body, bytes) else b"".join(body))
        if isinstance(body, bytes):
            assert seen.headers[LENGTH] == str(len(body))
            assert "Transfer-Encoding" not in seen.headers

    async def test_a_large_body_streams_through(
        self, client: Any, service: Any, admin: dict[str, str]
    ) -> None:
        # Given a service that answers as soon as it has seen the first part
        first = asyncio.Event()

        async def handle(request: web.Request) -> web.StreamResponse:
            await request.content.readany()
            first.set()
            await request.read()
            return web.Response()

        app = web.Application()
        app.router.add_put("/{tail:.*}", handle)
        async with TestServer(app) as server:
            client.state.endpoint._forwarder._origins["products"] = str(server.make_url("")).rstrip(
                "/"
            )
            headers = admin | {LENGTH: "200000"}
            exchange = client.begin("PUT", "/api/products/1/image", headers)
            # When half of it was sent
            exchange.give(b"x" * 100_000, more=True)
            # Then the service has it already
            await asyncio.wait_for(first.wait(), 2)
            exchange.give(b"x" * 100_000)
            await asyncio.wait_for(exchange.task, 2)
        assert exchange.answered.status == 200

    async def test_a_client_that_leaves_while_sending_is_answered_nothing(
        self, client: Any, service: Any, user: dict[str, str], admin: dict[str, str]
    ) -> None:
        for verb, target, size in [
            ("POST", "/api/orders", 100),
            ("PUT", "/api/products/1/image", 100_000),
        ]:
            exchange = client.begin(verb, target, admin | {LENGTH: str(size)})
            exchange.give(b"x", more=True)
            exchange.leave()
            await asyncio.wait_for(exchange.task, 1)
            assert exchange.answered.status == 0
        assert service.seen == []

    @pytest.mark.parametrize("size", [100, 100_000])
    async def test_a_body_that_does_not_arrive_in_time_is_the_clients_fault(
        self, service: Any, run: Any, admin: dict[str, str], size: int
    ) -> None:
        async with run(service.url, whole_seconds=0.2) as client:
            headers = admin | {LENGTH: str(size)}
            exchange = client.begin("PUT", "/api/products/1/image", headers)
            exchange.give(b"x", more=True)
            await asyncio.wait_for(exchange.task, 2)
        assert exchange.answered.status == 408
        assert exchange.answered.json()["type"] == "/problems/request-timeout"


class TestStreams:
    async def test_events_pass_one_by_one(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        # Given a service that sends the second event only when it is told to
        go_on = asyncio.Event()

        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await response.write(b"data: 1\n\n")
            await go_on.wait()
            await response.write(b"data: 2\n\n")
            return response

        service.answer = answer
        exchange = client.begin("GET", "/api/orders/stream", user)
        # Then the first is there before the second is sent
        await exchange.until(lambda got: got.body == b"data: 1\n\n")
        assert exchange.answered.header("Content-Type") == "text/event-stream"
        go_on.set()
        await exchange.until(lambda got: got.complete)
        assert exchange.answered.body == b"data: 1\n\ndata: 2\n\n"

    async def test_it_outlives_the_ordinary_time_outs(
        self, service: Any, run: Any, user: dict[str, str]
    ) -> None:
        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            await asyncio.sleep(0.4)
            await response.write(b"late")
            return response

        service.answer = answer
        async with run(service.url, whole_seconds=0.1, read_seconds=0.1) as client:
            got = await client("GET", "/api/orders/stream", user)
        assert (got.body, got.complete) == (b"late", True)

    async def test_it_ends_when_its_session_does(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        # Given a stream with a comment every moment
        ended = asyncio.Event()

        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            try:
                while True:
                    await response.write(b": still here\n\n")
                    await asyncio.sleep(0.01)
            finally:
                ended.set()

        service.answer = answer
        exchange = client.begin("GET", "/api/orders/stream", user)
        await exchange.until(lambda got: len(got.parts) > 2)
        # When the user logs out and the gateway has heard of it
        service.revocations = [{"session": "session-of-ann"}]
        await client.state.revocations._run_once()
        # Then the stream ends, at the service too
        await exchange.until(lambda got: got.complete)
        await asyncio.wait_for(ended.wait(), 2)
        await exchange.task

    async def test_it_ends_properly_when_the_server_is_told_to_end(
        self, service: Any, run: Any, user: dict[str, str]
    ) -> None:
        # Given a server that has its own way to end, and a quiet stream
        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"begun")
            await asyncio.sleep(10)
            return response

        service.answer = answer
        heard: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
        try:
            async with run(service.url) as client:
                exchange = client.begin("GET", "/api/orders/stream", user)
                await exchange.until(lambda got: got.body == b"begun")
                # When the process is told to end
                os.kill(os.getpid(), signal.SIGTERM)
                # Then the stream comes to a proper end at once, and the server has heard of it too
                await exchange.until(lambda got: got.complete)
                await exchange.task
                assert heard == [signal.SIGTERM]
                # And a late one ends after its first part
                late = await client("GET", "/api/orders/stream", user)
                assert (late.body, late.complete) == (b"begun", True)
            assert signal.getsignal(signal.SIGTERM) is not before
        finally:
            signal.signal(signal.SIGTERM, before)

    async def test_many_do_not_use_up_the_ordinary_connections(
        self, service: Any, run: Any, user: dict[str, str]
    ) -> None:
        # Given more open streams than an ordinary service may have connections
        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            if "stream" not in request.path:
                return web.Response()
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"begun")
            await asyncio.sleep(10)
            return response

        service.answer = answer
        async with run(service.url, connections_per_service=2) as client:
            streams = [client.begin("GET", "/api/orders/stream", user) for _ in range(5)]
            for stream in streams:
                await stream.until(lambda got: got.body == b"begun")
            # When someone asks for something else, then it is answered
            assert (await client("GET", "/api/orders", user)).status == 200
            for stream in streams:
                stream.leave()
                await asyncio.wait_for(stream.task, 2)


class TestDeparture:
    @pytest.mark.parametrize("target", ["/api/orders", "/api/orders/stream"])
    async def test_when_the_client_leaves_the_service_is_let_go(
        self, client: Any, service: Any, user: dict[str, str], target: str
    ) -> None:
        # Given a service at work
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def answer(request: web.Request, _body: bytes) -> web.StreamResponse:
            begun.set()
            try:
                async with asyncio.timeout(5):
                    while request.transport is not None:
                        await asyncio.sleep(0.01)
            finally:
                cancelled.set()
            return web.Response()

        service.answer = answer
        exchange = client.begin("GET", target, user)
        await begun.wait()
        # When the client goes away
        exchange.leave()
        # Then nobody works for it any longer
        done, _ = await asyncio.wait([exchange.task], timeout=2)
        assert done
        assert exchange.task.exception() is None
        await asyncio.wait_for(cancelled.wait(), 2)
        assert exchange.answered.status == 0

    async def test_when_the_server_ends_the_task_is_cancelled_as_any_other(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        asked = asyncio.Event()

        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            asked.set()
            await asyncio.sleep(10)
            return web.Response()

        service.answer = answer
        exchange = client.begin("GET", "/api/orders", user)
        await asyncio.wait_for(asked.wait(), 5)
        exchange.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await exchange.task


class TestFailures:
    async def test_a_service_that_is_away_is_503(
        self, service: Any, run: Any, user: dict[str, str]
    ) -> None:
        # Given nobody at the service's port
        async with run(service.url, orders_url="http://127.0.0.1:1") as client:
            for verb in ("GET", "POST"):
                # When it is asked for
                got = await client(verb, "/api/orders", user, b"{}")
                # Then the client may come back
                assert got.status == 503
                assert got.json()["type"] == "/problems/unavailable"
                assert got.header("Retry-After") == "1"
                assert "127.0.0.1" not in got.body.decode()

    async def test_a_service_with_no_connection_to_spare_is_503(
        self, service: Any, run: Any, user: dict[str, str]
    ) -> None:
        # Given a service whose only connection is taken
        asked, released = asyncio.Event(), asyncio.Event()

        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            asked.set()
            await released.wait()
            return web.Response()

        service.answer = answer
        async with run(service.url, connections_per_service=1, connect_seconds=0.1) as client:
            first = client.begin("POST", "/api/orders", user)
            await asyncio.wait_for(asked.wait(), 5)
            # When someone else asks
            got = await client("POST", "/api/orders", user)
            released.set()
            await first.task
        # Then they are told to come back, as their request never left
        assert (first.answered.status, got.status) == (200, 503)
        assert len(service.seen) == 1

    async def test_a_name_that_does_not_resolve_is_503(self, service: Any, run: Any) -> None:
        async with run(service.url, products_url="http://nowhere.invalid") as client:
            assert (await client("GET", "/api/products")).status == 503

    @pytest.mark.parametrize(
        "said",
        [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 ?\r\n\r\n"],
    )
    @pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "POST"])
    async def test_a_service_that_breaks_off_is_502_and_asked_once(
        self,
        service: Any,
        run: Any,
        broken_service: Any,
        admin: dict[str, str],
        said: bytes,
        verb: str,
    ) -> None:
        # Given a service that takes a request and gives no proper answer
        asked = 0

        async def talk(_reader: Any, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            asked += 1
            writer.write(said)

        target = {
            "GET": "/api/products",
            "PUT": "/api/products/1/image",
            "DELETE": "/api/products/1",
            "POST": "/api/products",
        }[verb]
        async with broken_service(talk) as url, run(service.url, products_url=url) as client:
            # When it is asked
            got = await client(verb, target, admin, b"" if verb == "GET" else b"{}")
        # Then nobody asks it again, as it may have done what was asked
        assert got.status == 502
        assert got.json()["type"] == "/problems/bad-gateway"
        assert asked == 1

    async def test_a_pooled_connection_that_breaks_is_not_tried_again(
        self, service: Any, run: Any, broken_service: Any
    ) -> None:
        # Given a service that answers once and breaks the connection at the next request
        asked = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(1)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            asked.append(2)

        async with broken_service(talk) as url, run(service.url, products_url=url) as client:
            first = await client("GET", "/api/products")
            second = await client("GET", "/api/products")
        assert (first.status, second.status) == (204, 502)
        assert asked == [1, 2]

    @pytest.mark.parametrize("limit", ["read_seconds", "whole_seconds"])
    async def test_a_service_that_does_not_answer_in_time_is_504(
        self, service: Any, run: Any, user: dict[str, str], limit: str
    ) -> None:
        async def answer(_request: web.Request, _body: bytes) -> web.StreamResponse:
            await asyncio.sleep(5)
            return web.Response()

        service.answer = answer
        async with run(service.url, **{limit: 0.1}) as client:
            got = await client("POST", "/api/orders", user, b"{}")
        assert got.status == 504
        assert got.json()["type"] == "/problems/gateway-timeout"
        assert len(service.seen) == 1

    @pytest.mark.parametrize(
        "head",
        [b"Content-Length: 100\r\n\r\npart", b"Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"],
    )
    async def test_an_answer_that_breaks_off_never_looks_whole(
        self, service: Any, run: Any, broken_service: Any, head: bytes
    ) -> None:
        # Given a service that breaks off in the middle of its answer
        async def talk(_reader: Any, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n" + head)
            await writer.drain()
            await asyncio.sleep(0.05)

        async with broken_service(talk) as url, run(service.url, products_url=url) as client:
            exchange = client.begin("GET", "/api/products")
            await exchange.task
        # Then the answer has no end, for the server to cut the connection
        assert exchange.answered.body == b"part"
        assert not exchange.answered.complete

    async def test_what_nobody_foresaw_is_a_500_without_its_text(
        self, client: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: Any) -> None:
            raise RuntimeError("secret")

        monkeypatch.setattr(client.state.endpoint._forwarder, "open", fail)
        got = await client("GET", "/api/products")
        assert (got.status, got.json()["type"]) == (500, "/problems/internal")
        assert b"secret" not in got.body


class TestRetry:
    @pytest.mark.parametrize(
        ("verb", "target", "tries", "body"),
        [
            ("GET", "/api/products", 2, b""),
            ("HEAD", "/api/products", 2, b""),
            ("PUT", "/api/products/1/image", 2, b"small"),
            ("PUT", "/api/products/1/image", 2, [b"it ", b"streams"]),
            ("DELETE", "/api/products/1", 2, b""),
            ("POST", "/api/products", 1, b"{}"),
            ("PATCH", "/api/products/1", 1, b"{}"),
        ],
    )
    async def test_what_never_arrived_and_may_be_repeated_is_tried_once_more(
        self,
        service: Any,
        run: Any,
        admin: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        verb: str,
        target: str,
        tries: int,
        body: Any,
    ) -> None:
        # Given a service that is just being started again
        async with run(service.url, products_url="http://127.0.0.1:1") as client:
            forwarder = client.state.endpoint._forwarder
            sent = []
            original = forwarder._send

            async def counting(request: Any, data: Any) -> Any:
                sent.append(request.method)
                if len(sent) == 2:
                    forwarder._origins["products"] = service.url
                return await original(request, data)

            monkeypatch.setattr(forwarder, "_send", counting)
            # When something is asked of it
            got = await client(verb, target, admin, body)
        # Then only what may be repeated is
        assert sent == [verb] * tries
        assert got.status == (200 if tries == 2 else 503)
        whole = b"".join(body) if isinstance(body, list) else body
        assert [seen.body for seen in service.seen] == [whole] * (tries - 1)


class TestLogs:
    async def test_each_request_is_told_where_debugging(
        self, service: Any, run: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        for level, told in [(logging.DEBUG, 1), (logging.INFO, 0)]:
            with caplog.at_level(level), capture_logs() as lines:
                async with run(service.url) as client:
                    await client("GET", "/api/products/1")
            lines = [line for line in lines if line.get("path") == "/api/products/{id}"]
            assert len(lines) == told
            assert all(line["log_level"] == "debug" for line in lines)


class TestMetrics:
    async def test_requests_are_counted_by_template(
        self, client: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def count(method: str, route: str, status: str) -> float:
            labels = {"method": method, "route": route, "status": status}
            return REGISTRY.get_sample_value("http_requests_total", labels) or 0.0

        before = count("GET", "/api/products/{id}", "200"), count("any", "unknown", "404")
        with caplog.at_level(logging.INFO):
            await client("GET", "/api/products/1")
            await client("GET", "/api/products/2")
            await client("BREW", "/api/nowhere")
        after = count("GET", "/api/products/{id}", "200"), count("any", "unknown", "404")
        assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
        assert not [record for record in caplog.records if record.levelno >= logging.INFO]
