import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from tests.faults.client import Client
from tests.faults.followers import Follower
from tests.faults.history import History, View

from stack.ports import LOOPBACK, free_ports

EMAIL = "aaa@aaa.com"
SECONDS = 5


def event(name: str, id_: str, body: object) -> bytes:
    return f"event: {name}\r\nid: {id_}\r\ndata: {json.dumps(body)}\r\n\r\n".encode()


@pytest.fixture
async def shop() -> AsyncIterator[tuple[str, list[str]]]:
    """Yield the address of a shop whose stream ends after each response, and what it was asked."""
    asked: list[str] = []
    responses = [
        [b": ping\r\n\r\n", event("snapshot", "1", {"orders": [{"id": "a", "status": "PENDING"}]})],
        [event("order", "2", {"id": "a", "status": "ACCEPTED"})],
    ]

    async def sign_in(_request: web.Request) -> web.Response:
        return web.json_response({"access_token": "token"})

    async def stream(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("Last-Event-ID", ""))
        response = web.StreamResponse()
        await response.prepare(request)
        for part in responses.pop(0) if responses else []:
            await response.write(part)
        return response

    app = web.Application()
    app.add_routes([web.post("/api/login", sign_in), web.get("/api/orders/stream", stream)])
    runner = web.AppRunner(app)
    await runner.setup()
    [port] = free_ports(1)
    await web.TCPSite(runner, LOOPBACK, port).start()
    yield f"http://{LOOPBACK}:{port}", asked
    await runner.cleanup()


async def test_a_follower_shows_a_snapshot_and_resumes_after_the_last_event(
    shop: tuple[str, list[str]],
) -> None:
    url, asked = shop
    view, history = View(EMAIL), History()
    async with Client(url, history) as client:
        follower = Follower(client, view, history)
        async with asyncio.timeout(SECONDS):
            while len(asked) < 3:
                await asyncio.sleep(0.01)
        await follower.stop()

    assert view.statuses == {"a": "ACCEPTED"}
    assert view.steps == [("a", "PENDING"), ("a", "ACCEPTED")]
    assert asked[:3] == ["", "1", "2"]
    assert follower.shows({"a": "ACCEPTED"})
    assert not follower.shows({"a": "CANCELLED"})
