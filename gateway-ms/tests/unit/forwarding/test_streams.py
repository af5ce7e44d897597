import asyncio
import os
import signal

from aiohttp import web

from gateway.testing import Client, ServiceDouble, running_gateway

STREAM = "/api/orders/stream"


async def start_stream(request: web.Request, first_part: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(first_part)
    return response


async def respond_with_a_quiet_stream(request: web.Request) -> web.StreamResponse:
    if request.path != STREAM:
        return web.Response()
    response = await start_stream(request, b"started")
    await asyncio.sleep(10)
    return response


class TestStream:
    async def test_forwards_each_event_at_once(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        received_first_event = asyncio.Event()

        async def respond(request: web.Request) -> web.StreamResponse:
            response = await start_stream(request, b"data: 1\n\n")
            await received_first_event.wait()
            await response.write(b"data: 2\n\n")
            return response

        service.respond = respond
        # When
        exchange = client.start("GET", STREAM, user)
        await exchange.until(lambda response: response.body == b"data: 1\n\n")
        received_first_event.set()
        await exchange.until(lambda response: response.complete)
        # Then
        assert exchange.response.header("Content-Type") == "text/event-stream"
        assert exchange.response.body == b"data: 1\n\ndata: 2\n\n"

    async def test_has_no_time_limit(self, service: ServiceDouble, user: dict[str, str]) -> None:
        # Given
        async def respond(request: web.Request) -> web.StreamResponse:
            response = await start_stream(request, b"")
            await asyncio.sleep(0.4)
            await response.write(b"late")
            return response

        service.respond = respond
        async with running_gateway(service.url, whole_seconds=0.1, read_seconds=0.1) as client:
            # When
            response = await client.request("GET", STREAM, user)
        # Then
        assert (response.body, response.complete) == (b"late", True)

    async def test_does_not_use_the_connections_of_ordinary_requests(
        self, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        service.respond = respond_with_a_quiet_stream
        async with running_gateway(service.url, connections_per_service=2) as client:
            streams = [client.start("GET", STREAM, user) for _ in range(5)]
            for stream in streams:
                await stream.until(lambda response: response.body == b"started")
            # When
            response = await client.request("GET", "/api/orders", user)
            # Then
            assert response.status == 200
            for stream in streams:
                stream.disconnect()
                await stream.finished()


class TestEndOfStream:
    async def test_follows_the_revocation_of_the_session(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        ended = asyncio.Event()

        async def respond(request: web.Request) -> web.StreamResponse:
            response = await start_stream(request, b": ping\n\n")
            try:
                while True:
                    await response.write(b": ping\n\n")
                    await asyncio.sleep(0.01)
            finally:
                ended.set()

        service.respond = respond
        exchange = client.start("GET", STREAM, user)
        await exchange.until(lambda response: len(response.parts) > 2)
        # When
        service.revocations = [{"session": "session-of-ann"}]
        await client.gateway.services.revocations.poll()
        # Then
        await exchange.until(lambda response: response.complete)
        await asyncio.wait_for(ended.wait(), 2)
        await exchange.finished()

    async def test_follows_the_signal_to_shut_down(
        self, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        service.respond = respond_with_a_quiet_stream
        signals: list[int] = []
        original = signal.signal(signal.SIGTERM, lambda number, _frame: signals.append(number))
        try:
            async with running_gateway(service.url) as client:
                exchange = client.start("GET", STREAM, user)
                await exchange.until(lambda response: response.body == b"started")
                # When
                os.kill(os.getpid(), signal.SIGTERM)
                await exchange.until(lambda response: response.complete)
                await exchange.finished()
                late = await client.request("GET", STREAM, user)
        finally:
            signal.signal(signal.SIGTERM, original)
        # Then
        assert signals == [signal.SIGTERM]
        assert (late.body, late.complete) == (b"started", True)
