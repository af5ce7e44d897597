"""Measures an overload: twice as many orders as the shop can settle, for a minute.

It runs its own stack. Orders that the shop cannot take at once are answered with 503 and
Retry-After, so that the others are taken as fast as usual. Five seconds later, orders take as long
as before. Afterwards both databases are compared in full. The exit code is 1 if a goal is missed.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, find_inconsistencies
from bench.full_load import CONNECTIONS, add_many_products, measure_capacity
from bench.harness import Figure, Shop, percentile
from bench.load import Load, NextRequest, Response

MANY_CONNECTIONS = 1_500
"""Enough for every request to be sent when it is due."""
RECOVERY_SECONDS = 5
MODERATE_RATE = 50


class OverloadBenchmark:
    """Runs the loads, and collects the figures and the problems."""

    def __init__(self, shop: Shop, databases: Databases) -> None:
        self.shop = shop
        self.databases = databases
        self.figures: list[Figure] = []
        self.problems: list[str] = []

    async def run(self, seconds: float) -> None:
        """Overload the shop.

        Args:
            seconds: How long the overload lasts.
        """
        ids, stocks = await add_many_products(self.shop, self.databases)
        place = harness.orders_of(self.shop.issue_tokens(500), list(ids.values()))
        await measure_capacity(self.shop, self.databases, place, 5)
        capacity = await measure_capacity(self.shop, self.databases, place, 15)
        before = await self._response_time(place)
        overload = await Load(self.shop.port, MANY_CONNECTIONS).at_rate(
            place, 2 * capacity, seconds
        )
        ended = time.monotonic()
        placed = self._check(overload)
        pending = self.databases.count_pending()
        await asyncio.sleep(ended + RECOVERY_SECONDS - time.monotonic())
        after = await self._response_time(place)
        again = await measure_capacity(self.shop, self.databases, place, 15)
        taken = [response.seconds * 1000 for response in placed]
        self.figures = [
            Figure("orders settled at full load", capacity, "/s"),
            Figure("orders taken of twice as many", len(placed) / seconds, "/s"),
            Figure("response time of these, p50", percentile(taken, 50), "ms"),
            Figure("response time of these, p99", percentile(taken, 99), "ms", 1_000, False),
            Figure("pending when the overload ended", pending, ""),
            Figure("an order before, p50", before, "ms"),
            Figure("an order 5 s after / before, p50", after / before, "", 1.5, False),
            Figure("orders settled 5 s after / before", again / capacity, "", 0.8),
        ]
        self.problems += find_inconsistencies(self.databases, stocks)

    async def _response_time(self, place: NextRequest) -> float:
        """Return the median response time at a moderate rate, in milliseconds."""
        responses = await Load(self.shop.port, CONNECTIONS).at_rate(place, MODERATE_RATE, 5)
        harness.expect_status(responses, 201)
        return percentile([response.seconds * 1000 for response in responses], 50)

    def _check(self, responses: Sequence[Response]) -> list[Response]:
        """Return the orders that were taken, and note what should not happen."""
        statuses = Counter(response.status for response in responses)
        print(f"responses by status: {dict(statuses)}")
        if unexpected := {status for status in statuses if status not in {201, 503}}:
            self.problems.append(f"unexpected responses: {unexpected}")
        refused = [response for response in responses if response.status == 503]
        if any(b"\r\nretry-after: " not in response.head.lower() for response in refused):
            self.problems.append("a 503 had no Retry-After")
        placed = [response for response in responses if response.status == 201]
        ids = {json.loads(response.body)["id"] for response in placed}
        stored, _ = self.databases.statuses()
        if lost := len(ids - stored.keys()):
            self.problems.append(f"{lost} orders were lost")
        return placed


def main(
    seconds: Annotated[float, typer.Option(help="How long the overload lasts.")] = 60,
) -> None:
    """Measure an overload."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        benchmark = OverloadBenchmark(shop, databases)
        uvloop.run(benchmark.run(seconds))
    results.finish(
        "overload",
        benchmark.figures,
        benchmark.problems,
        holds="C1, C3 and C7 hold, and no order was lost",
        must_meet_goals=True,
    )


if __name__ == "__main__":
    typer.run(main)
