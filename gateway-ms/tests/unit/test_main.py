from typing import Any

from gateway.testing import Client


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


async def test_metrics_include_those_of_the_gateway(client: Client) -> None:
    response = await client.request("GET", "/metrics")
    assert b"gateway_revocations_last_poll_timestamp_seconds" in response.body
