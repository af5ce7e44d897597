"""Measures the live stream of orders: the time from a stored status to its arrival at the client.

It runs its own stack. Streams are open through nginx and the gateway, and shoppers place orders at
a fixed rate. All processes share one clock, so the time in an order's history can be compared with
the time of arrival. The exit code is 1 if a status did not reach every stream of its shopper.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import cycle
from typing import Any

import aiohttp
import typer
import uvloop
from bench import harness, results
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, next_address, request

STREAMS_OF_SHOPPER = 5
"""As many as orders-ms allows."""


class Listener:
    """A stream that records the delay of each order's acceptance."""

    def __init__(self) -> None:
        self.delays: dict[str, float] = {}

    async def listen(self, response: aiohttp.ClientResponse) -> None:
        """Read until the stream ends."""
        async for line in response.content:
            if line.startswith(b'data: {"id"'):
                self._record(json.loads(line[6:]))

    def _record(self, order: dict[str, Any]) -> None:
        if order["status"] == "ACCEPTED":
            stored = datetime.fromisoformat(order["history"][-1]["at"]).timestamp()
            self.delays[order["id"]] = time.time() - stored


async def measure(
    shop: Shop, streams: int, rate: float, seconds: float
) -> tuple[list[Figure], int]:
    """Open the streams, place orders, and return the figures and the number of missing statuses."""
    product_ids = await shop.add_products({"thing": harness.STOCK})
    tokens = shop.issue_tokens(streams // STREAMS_OF_SHOPPER)
    async with AsyncExitStack() as resources:
        listeners: list[Listener] = []
        for token in tokens:
            connector = aiohttp.TCPConnector(limit=0, local_addr=(next_address(), 0))
            session = await resources.enter_async_context(
                aiohttp.ClientSession(connector=connector)
            )
            listeners += [
                await _open_stream(shop, session, token, resources)
                for _ in range(STREAMS_OF_SHOPPER)
            ]
        print(_describe_memory(shop, f"with {streams} streams open"))
        costs = Costs(shop.stack)
        buyers = cycle(tokens)
        line = {"id": product_ids["thing"], "quantity": 1}
        responses = await Load(shop.port, 20).at_rate(
            lambda _: request("POST", "/api/orders", next(buyers), {"products": [line]}),
            rate,
            seconds,
        )
        harness.expect_status(responses, 201)
        await asyncio.sleep(3)
        print(costs.per_item(len(responses), "an order"))
    delays = [delay for listener in listeners for delay in listener.delays.values()]
    expected = len(responses) * STREAMS_OF_SHOPPER
    return _figures(delays), expected - len(delays)


async def _open_stream(
    shop: Shop, session: aiohttp.ClientSession, token: str, resources: AsyncExitStack
) -> Listener:
    response = await resources.enter_async_context(
        session.get(
            f"{shop.stack.settings.shop_url}/api/orders/stream",
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=None),
        )
    )
    if response.status != 200:
        raise SystemExit(f"opening a stream returned {response.status}")
    listener = Listener()
    task = asyncio.create_task(listener.listen(response))
    resources.callback(task.cancel)
    return listener


def _figures(delays: list[float]) -> list[Figure]:
    goals = {50: None, 95: 1_000, 99: None}
    return [
        Figure(
            f"a stored status to its streams, p{percent}",
            percentile(delays, percent) * 1000,
            "ms",
            goal,
            goal_is_minimum=False,
        )
        for percent, goal in goals.items()
    ]


def _describe_memory(shop: Shop, when: str) -> str:
    memory = {status.name: status.memory_mebibytes for status in shop.stack.status()}
    return f"  MiB {when}: gateway {memory['gateway']}, orders {memory['orders']}"


def main(*, streams: int = 1_000, rate: float = 20, seconds: float = 20) -> None:
    """Measure the live stream of orders."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{streams} streams, {rate:g} orders a second for {seconds:g} s")
    with harness.running_shop() as shop:
        print(_describe_memory(shop, "at rest"))
        figures, missing = uvloop.run(measure(shop, streams, rate, seconds))
    problems = [f"{missing} statuses are missing"] if missing else []
    results.finish("live", figures, problems, holds="every status reached every stream")


if __name__ == "__main__":
    typer.run(main)
