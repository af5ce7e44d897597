"""Measures what replicas cost: orders settled by 1, 2 and 4 replicas of products-ms and orders-ms.

It runs its own stack. All replicas share the cores of this machine, so more of them do not settle
more orders here. What matters is the CPU time for an order, which must hardly grow: then replicas
on more machines settle more orders. Each replica gets the same number of shoppers, because orders
that arrive together share transactions. Finally both databases are compared in full.
"""

import asyncio
import time
from typing import Annotated

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, find_inconsistencies
from bench.full_load import add_many_products
from bench.harness import Costs, Figure, Shop
from bench.load import Load
from bench.rolling import replicas

COUNTS = (1, 2, 4)
CONNECTIONS = 48
"""How many shoppers order at a time for each replica. nginx accepts 200 orders at a time."""
HIGHEST_RATIO = 1.1


async def measure(
    shop: Shop, databases: Databases, seconds: float
) -> tuple[list[Figure], list[str]]:
    """Return the figures for each number of replicas, and the inconsistencies."""
    ids, stocks = await add_many_products(shop, databases)
    place = harness.orders_of(shop.issue_tokens(500), list(ids.values()))
    figures: list[Figure] = []
    milliseconds: dict[int, float] = {}
    for count in COUNTS:
        load = Load(shop.port, count * CONNECTIONS)
        async with replicas(shop.stack, count) as running:
            harness.expect_status(await load.back_to_back(place, 5), 201)
            await asyncio.to_thread(databases.wait_until_settled)
            costs = Costs(shop.stack, [replica.pid for replica in running])
            began = time.monotonic()
            responses = await load.back_to_back(place, seconds)
            harness.expect_status(responses, 201)
            await asyncio.to_thread(databases.wait_until_settled)
            elapsed = time.monotonic() - began
            milliseconds[count] = costs.milliseconds(len(responses))
        figures += [
            Figure(f"orders settled by {count} replicas", len(responses) / elapsed, "/s"),
            Figure(f"CPU for an order, {count} replicas", milliseconds[count], "ms"),
        ]
    figures += [
        Figure(
            f"CPU for an order, {count} replicas / 1",
            milliseconds[count] / milliseconds[1],
            "",
            HIGHEST_RATIO,
            goal_is_minimum=False,
        )
        for count in COUNTS[1:]
    ]
    return figures, find_inconsistencies(databases, stocks)


def main(
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 20,
) -> None:
    """Measure orders with 1, 2 and 4 replicas."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures, problems = uvloop.run(measure(shop, databases, seconds))
    results.finish("replicas", figures, problems, holds="C1, C3 and C7 hold")


if __name__ == "__main__":
    typer.run(main)
