"""Measures whether a large shop costs more for each request than a small one.

It runs its own stack, first with 1,000 products and no orders, then with 100,000 products and
1,000,000 past orders. Both times it measures the CPU time of all programs for an order, and for
pages of shoppers and admins. Finally it rebuilds the projection while shoppers order. The exit code
is 1 if a goal is missed.
"""

import asyncio
import gc
import itertools
import random
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import psutil
import typer
import uvloop
from bench import harness, past, results
from bench.consistency import Databases
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, NextRequest, request
from bench.reconcile import wait_until_counted

CONNECTIONS = 32
ORDERING_CONNECTIONS = 100
HIGHEST_RATIO = 1.2
REBUILD_RATE = 50


class GrowthBenchmark:
    """Measures the cost of each kind of request."""

    def __init__(self, shop: Shop, databases: Databases, seconds: float) -> None:
        self.shop = shop
        self.databases = databases
        self.seconds = seconds
        self.tokens = shop.issue_tokens(500)
        self.admin = shop.sign_in("admin@admin.com", "admin@admin.com")

    async def costs(self, product_ids: Sequence[str]) -> dict[str, float]:
        """Return the milliseconds of CPU time for each kind of request, of all programs."""
        ids = random.Random(1).sample(list(product_ids), 1_000)
        place = harness.orders_of(self.tokens, ids)
        costs = {"an order": await self._cost("an order", place, 201, ORDERING_CONNECTIONS)}
        # Signed-in shoppers get no page from a cache, and different pages have different words.
        reads: Mapping[str, Sequence[bytes]] = {
            "a page of products": [request("GET", "/api/products?limit=20", self.tokens[0])],
            "a search": [
                request("GET", f"/api/products?limit=20&q={material}%20{thing}", self.tokens[0])
                for material, thing in itertools.product(past.MATERIALS, past.THINGS)
            ],
            "a page of the admin's orders": [
                request("GET", "/api/admin/orders?limit=20", self.admin)
            ],
            "the dashboard": [request("GET", "/api/admin/stats?days=30", self.admin)],
        }
        for name, requests in reads.items():
            costs[name] = await self._cost(name, _in_turn(requests), 200, CONNECTIONS)
        return costs

    async def _cost(
        self, name: str, next_request: NextRequest, status: int, connections: int
    ) -> float:
        load = Load(self.shop.port, connections)
        await load.back_to_back(next_request, 2)
        self.databases.wait_until_answered()
        costs = Costs(self.shop.stack)
        responses = await load.back_to_back(next_request, self.seconds)
        harness.expect_status(responses, status)
        self.databases.wait_until_answered()
        print(costs.per_item(len(responses), name))
        return costs.milliseconds(len(responses))

    async def rebuild(self, product_ids: Sequence[str]) -> list[Figure]:
        """Rebuild the projection while shoppers order."""
        began = time.monotonic()
        rebuilding = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "orders",
            "rebuild",
            env=self.shop.stack.environment("orders"),
            stdout=asyncio.subprocess.DEVNULL,
        )
        process = psutil.Process(rebuilding.pid)
        place = harness.orders_of(self.tokens, product_ids[:1_000])
        megabytes, milliseconds = 0.0, []
        while rebuilding.returncode is None:
            responses = await Load(self.shop.port, CONNECTIONS).at_rate(place, REBUILD_RATE, 2)
            harness.expect_status(responses, 201)
            milliseconds += [response.seconds * 1000 for response in responses]
            if rebuilding.returncode is None:
                megabytes = max(megabytes, process.memory_info().rss / 2**20)
        if rebuilding.returncode:
            raise SystemExit(f"the rebuild ended with {rebuilding.returncode}")
        return [
            Figure("duration of a rebuild", time.monotonic() - began, "s"),
            Figure("memory of a rebuild", megabytes, "MB", 250, False),
            Figure(
                "an order during a rebuild, p99", percentile(milliseconds, 99), "ms", 1000, False
            ),
        ]


def _in_turn(requests: Sequence[bytes]) -> NextRequest:
    remaining = itertools.cycle(requests)
    return lambda _: next(remaining)


async def measure(
    shop: Shop, databases: Databases, products: int, orders: int, seconds: float
) -> list[Figure]:
    """Measure the small shop, fill it, and measure the large one."""
    benchmark = GrowthBenchmark(shop, databases, seconds)
    ids = past.add_products(databases, range(1_000))
    small = await benchmark.costs(ids)
    began = time.monotonic()
    ids += past.add_products(databases, range(1_000, products))
    past.add_orders(databases, ids, orders)
    print(f"{products} products and {orders} orders written in {time.monotonic() - began:.0f} s")
    wait_until_counted(databases, orders)
    print(f"counted after {time.monotonic() - began:.0f} s")
    databases.flush()
    # The garbage collector would look at all ids again and again, as part of the load.
    gc.freeze()
    large = await benchmark.costs(ids)
    figures = []
    for name, cost in large.items():
        figures += [
            Figure(f"{name}, small shop", small[name], "ms"),
            Figure(f"{name}, large shop", cost, "ms"),
            Figure(f"{name}, large / small", cost / small[name], "", HIGHEST_RATIO, False),
        ]
    return [*figures, *await benchmark.rebuild(ids)]


def main(
    *,
    products: int = 100_000,
    orders: int = 1_000_000,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 10,
) -> None:
    """Measure a small and a large shop."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures = uvloop.run(measure(shop, databases, products, orders, seconds))
    results.finish("growth", figures, must_meet_goals=True)


if __name__ == "__main__":
    typer.run(main)
