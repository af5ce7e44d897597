"""Measures whether the memory of a process grows under a steady load.

It runs its own stack. Shoppers order at half of what the shop settles, read pages, and some follow
their orders. The memory of each process is read every five seconds. The figure is the slope of a
line through the readings of the second half: the caches are full by then. The exit code is 1 if a
process grows.
"""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping
from statistics import linear_regression
from typing import Annotated

import psutil
import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, find_inconsistencies
from bench.full_load import CONNECTIONS, add_many_products, measure_capacity
from bench.harness import Figure, Shop
from bench.load import Load, request

READING_SECONDS = 5
PAGES_A_SECOND = 50
HIGHEST_SLOPE = 10.0
"""MB an hour that the memory of a service may grow by. A leak of 100 bytes an order is more."""
SERVICES = ("authentication", "gateway", "nginx", "orders", "products")
"""The processes whose memory must not grow. Databases and Kafka fill their caches for longer."""


def _megabytes(shop: Shop) -> dict[str, float]:
    families = {}
    for status in shop.stack.status():
        if status.pid:
            process = psutil.Process(status.pid)
            members = [process, *process.children(recursive=True)]
            families[status.name] = sum(member.memory_info().rss for member in members) / 2**20
    return families


async def _read_memory(shop: Shop, seconds: float) -> dict[str, list[tuple[float, float]]]:
    """Return the hours since the start and the MB of each process, of the second half."""
    readings: dict[str, list[tuple[float, float]]] = defaultdict(list)
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        for name, megabytes in (await asyncio.to_thread(_megabytes, shop)).items():
            if elapsed > seconds / 2:
                readings[name].append((elapsed / 3600, megabytes))
        await asyncio.sleep(READING_SECONDS)
    return readings


def slopes(readings: Mapping[str, list[tuple[float, float]]]) -> list[Figure]:
    """Return how much each process grows, and how large it is at the end."""
    figures = []
    for name, points in sorted(readings.items()):
        hours, megabytes = zip(*points, strict=True)
        slope = linear_regression(hours, megabytes).slope
        goal = HIGHEST_SLOPE if name in SERVICES else None
        figures += [
            Figure(f"memory of {name}", megabytes[-1], "MB"),
            Figure(f"growth of {name}", slope, "MB/h", goal, goal_is_minimum=False),
        ]
    return figures


async def measure(
    shop: Shop, databases: Databases, seconds: float
) -> tuple[list[Figure], list[str]]:
    """Return the figures and the inconsistencies."""
    ids, stocks = await add_many_products(shop, databases)
    # A token is valid for 15 minutes, and the load lasts as long.
    place = harness.orders_of(shop.issue_tokens(500, minutes=60), list(ids.values()))
    rate = await measure_capacity(shop, databases, place, 10) / 2
    print(f"{rate:.0f} orders and {PAGES_A_SECOND} pages a second for {seconds:g} s")
    pages = itertools.cycle(
        request("GET", f"/api/products?limit=20&q={number}") for number in range(200)
    )
    readings, orders, _ = await asyncio.gather(
        _read_memory(shop, seconds),
        Load(shop.port, CONNECTIONS).at_rate(place, rate, seconds),
        Load(shop.port, 16).at_rate(lambda _: next(pages), PAGES_A_SECOND, seconds),
    )
    harness.expect_status(orders, 201)
    await asyncio.to_thread(databases.wait_until_settled)
    problems = find_inconsistencies(databases, stocks)
    return slopes(readings), problems


def main(
    minutes: Annotated[float, typer.Option(help="How long the load lasts.")] = 15,
) -> None:
    """Measure the growth of each process."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures, problems = uvloop.run(measure(shop, databases, minutes * 60))
    results.finish("soak", figures, problems, holds="C1, C3 and C7 hold", must_meet_goals=True)


if __name__ == "__main__":
    typer.run(main)
