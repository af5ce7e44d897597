import random
import string
from typing import Any

import pytest

from gateway.testing import Client
from shopkit.testing.apps import monitor_of


async def test_websockets_are_refused(client: Client) -> None:
    # Given
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing is read from a websocket")

    async def send(message: Any) -> None:
        sent.append(message)

    # When
    await client.gateway({"type": "websocket"}, receive, send)
    # Then
    assert sent == [{"type": "websocket.close", "code": 1000}]


async def read_metrics(client: Client) -> str:
    async with monitor_of(client.gateway.own_pages) as monitor:
        return (await monitor.get("/metrics")).text


async def test_metrics_include_those_of_the_gateway(client: Client) -> None:
    assert "gateway_revocations_last_poll_timestamp_seconds" in await read_metrics(client)


async def test_metrics_do_not_grow_with_what_clients_send(
    client: Client, user: dict[str, str]
) -> None:
    # Given
    rng = random.Random(1)

    async def send() -> None:
        method = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 12)))
        path = rng.choice(["/api/orders", "/api/products/1", "/api/x", "/", "/api/docs/"])
        suffix = rng.choice(["", f"/{rng.randrange(1_000_000)}", f"?{rng.randrange(1_000_000)}"])
        await client.request(method, path + suffix, user)

    async def count_series() -> int:
        return (await read_metrics(client)).count("\n")

    for _ in range(100):
        await send()
    before = await count_series()
    # When
    for _ in range(1_000):
        await send()
    # Then
    assert await count_series() == before


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
async def test_monitoring_has_a_port_of_its_own(client: Client, path: str) -> None:
    assert (await client.request("GET", path)).status == 404
