"""Measures throughput and latency against the offered load, from a tenth of the capacity to twice.

It runs its own stack. First it measures how many orders a second the shop settles. Then it offers
shares of that, one after the other. `make bench PLOTS=1` draws the result.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Annotated

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, find_inconsistencies
from bench.full_load import add_many_products, measure_capacity
from bench.harness import Shop, percentile
from bench.load import Load, NextRequest

SHARES = (0.1, 0.25, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.6, 2.0)
MANY_CONNECTIONS = 1_500
"""Enough for every request to be sent when it is due."""


@dataclass(frozen=True)
class Point:
    """What happens under an offered load.

    Attributes:
        offered: Orders sent a second.
        settled: Orders settled a second, until the last one is settled.
        refused: The share of the orders that were answered with 503.
        p50: The time from the POST request to ACCEPTED that half of the orders do not exceed, ms.
        p99: The same for 99% of the orders.
    """

    offered: float
    settled: float
    refused: float
    p50: float
    p99: float

    def __str__(self) -> str:
        """Return a row of the table."""
        return (
            f"{self.offered:>9.0f}{self.settled:>10.0f}{self.refused:>10.0%}"
            f"{self.p50:>10.0f}{self.p99:>10.0f}"
        )


async def _offer(
    shop: Shop, databases: Databases, place: NextRequest, rate: float, seconds: float
) -> Point:
    began = time.monotonic()
    with databases.watch_acceptances() as accepted_at:
        responses = await Load(shop.port, MANY_CONNECTIONS).at_rate(place, rate, seconds)
        placed = [response for response in responses if response.status == 201]
        refused = [response for response in responses if response.status == 503]
        if len(placed) + len(refused) < len(responses):
            raise SystemExit("a response was neither 201 nor 503")
        await asyncio.to_thread(databases.wait_until_settled)
        elapsed = time.monotonic() - began
        sent_at = {json.loads(response.body)["id"]: response.sent_at for response in placed}
        while not sent_at.keys() <= accepted_at.keys():
            await asyncio.sleep(0.05)
    times = [1000 * (accepted_at[order_id] - sent) for order_id, sent in sent_at.items()]
    return Point(
        offered=rate,
        settled=len(placed) / elapsed,
        refused=len(refused) / len(responses),
        p50=percentile(times, 50),
        p99=percentile(times, 99),
    )


async def measure(
    shop: Shop, databases: Databases, seconds: float
) -> tuple[list[Point], list[str]]:
    """Return a point for each offered load, and the inconsistencies."""
    ids, stocks = await add_many_products(shop, databases)
    place = harness.orders_of(shop.issue_tokens(500), list(ids.values()))
    await measure_capacity(shop, databases, place, 5)
    capacity = await measure_capacity(shop, databases, place, seconds)
    points = []
    print(f"{'offered/s':>9}{'settled/s':>10}{'503':>10}{'p50 ms':>10}{'p99 ms':>10}")
    for share in SHARES:
        points.append(await _offer(shop, databases, place, share * capacity, seconds))
        print(points[-1], flush=True)
    return points, find_inconsistencies(databases, stocks)


def main(
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 10,
) -> None:
    """Measure throughput and latency against the offered load."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        points, problems = uvloop.run(measure(shop, databases, seconds))
    results.finish("saturation", points, problems, holds="C1, C3 and C7 hold")


if __name__ == "__main__":
    typer.run(main)
