import asyncio

import pytest
from aiohttp import web

from gateway.testing import Client, ServiceDouble


class TestDisconnect:
    @pytest.mark.parametrize("target", ["/api/orders", "/api/orders/stream"])
    async def test_of_the_client_closes_the_connection_to_the_service(
        self, client: Client, service: ServiceDouble, user: dict[str, str], target: str
    ) -> None:
        # Given
        started, closed = asyncio.Event(), asyncio.Event()

        async def respond(request: web.Request) -> web.StreamResponse:
            started.set()
            try:
                async with asyncio.timeout(5):
                    while request.transport is not None:
                        await asyncio.sleep(0.01)
            finally:
                closed.set()
            return web.Response()

        service.respond = respond
        exchange = client.start("GET", target, user)
        await asyncio.wait_for(started.wait(), 5)
        # When
        exchange.disconnect()
        # Then
        await exchange.finished()
        await asyncio.wait_for(closed.wait(), 2)
        assert exchange.response.status == 0

    async def test_is_not_confused_with_a_cancellation(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        started = asyncio.Event()

        async def respond(_request: web.Request) -> web.StreamResponse:
            started.set()
            await asyncio.sleep(10)
            return web.Response()

        service.respond = respond
        exchange = client.start("GET", "/api/orders", user)
        await asyncio.wait_for(started.wait(), 5)
        # When
        exchange.task.cancel()
        # Then
        with pytest.raises(asyncio.CancelledError):
            await exchange.task
