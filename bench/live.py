"""Orders followed live, on a stack of its own: from the status stored to the byte at the client.

    python -m bench.live [--streams 1000] [--rate 20] [--seconds 20]

So many streams are open through nginx and the gateway; some shoppers place orders at a fixed rate.
Clocks are one machine's, so the time of a status in the order's history and that of its arrival can
be compared. The process ends with 1 where a status was not told to every stream of its shopper.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import cycle
from typing import Any

import aiohttp
import uvloop
from bench import harness
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, request

SHOPPERS = 20


class Listener:
    """One stream; remembers when it was told of which order's acceptance."""

    def __init__(self) -> None:
        self.delays: dict[str, float] = {}

    async def listen(self, answer: aiohttp.ClientResponse) -> None:
        """Read until the stream ends."""
        async for line in answer.content:
            if line.startswith(b'data: {"id"'):
                self._note(json.loads(line[6:]))

    def _note(self, order: dict[str, Any]) -> None:
        if order["status"] == "ACCEPTED":
            stored = datetime.fromisoformat(order["history"][-1]["at"]).timestamp()
            self.delays[order["id"]] = time.time() - stored


async def measure(shop: Shop, options: argparse.Namespace) -> tuple[list[Figure], int]:
    """Open the streams, place orders, and return the figures and how many tellings are missing."""
    product_ids = await shop.add_products({"thing": harness.STOCK})
    tokens = shop.shoppers(SHOPPERS)
    async with AsyncExitStack() as until:
        connector = aiohttp.TCPConnector(limit=0)
        session = await until.enter_async_context(aiohttp.ClientSession(connector=connector))
        listeners: dict[str, list[Listener]] = defaultdict(list)
        for _, token in zip(range(options.streams), cycle(tokens), strict=False):
            listeners[token].append(await _open(shop, session, token, until))
        print(_memory(shop, f"with {options.streams} streams open"))
        costs = Costs(shop.stack)
        buyers = cycle(tokens)
        line = {"id": product_ids["thing"], "quantity": 1}
        answers = await Load(shop.port, 20).at_rate(
            lambda: request("POST", "/api/orders", next(buyers), {"products": [line]}),
            options.rate,
            options.seconds,
        )
        harness.expect(answers, 201)
        await asyncio.sleep(3)
        print(costs.per(len(answers), "an order"))
    return _figures(listeners, len(answers), options)


async def _open(
    shop: Shop, session: aiohttp.ClientSession, token: str, until: AsyncExitStack
) -> Listener:
    answer = await until.enter_async_context(
        session.get(
            f"{shop.stack.settings.shop_url}/api/orders/stream",
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=None),
        )
    )
    if answer.status != 200:
        raise SystemExit(f"a stream was answered {answer.status}")
    listener = Listener()
    task = asyncio.create_task(listener.listen(answer))
    until.callback(task.cancel)
    return listener


def _figures(
    listeners: dict[str, list[Listener]], orders: int, options: argparse.Namespace
) -> tuple[list[Figure], int]:
    each = options.streams // SHOPPERS
    delays = [delay for many in listeners.values() for one in many for delay in one.delays.values()]
    figures = [
        Figure(f"a status to its streams, p{percent}", percentile(delays, percent) * 1000, "ms")
        for percent in (50, 99)
    ]
    p95 = percentile(delays, 95) * 1000
    return [*figures, Figure("the same, p95", p95, "ms", 1_000, least=False)], (
        orders * each - len(delays)
    )


def _memory(shop: Shop, when: str) -> str:
    rows = {status.name: status.memory_mebibytes for status in shop.stack.status()}
    return f"  MiB {when}: " + ", ".join(f"{name} {rows[name]}" for name in ("gateway", "orders"))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(f"{harness.machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{options.streams} streams, {options.rate:g} orders a second for {options.seconds:g} s")
    with harness.shop() as shop:
        print(_memory(shop, "at rest"))
        figures, missing = uvloop.run(measure(shop, options))
    print(*figures, sep="\n")
    print(f"{missing} tellings are missing" if missing else "every status reached every stream")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
