"""Measures the path of an order: from a POST request at nginx to ACCEPTED in orders-db.

It runs its own stack, which first stands idle. Many shoppers place orders, each with one line and
an Idempotency-Key. Four loads follow each other: 50 orders a second, which shows the latency; as
many orders as possible for 1,000 products; the same for one product; and more orders for a product
than it has stock. After each load, once every order is settled, both databases are compared in
full. The exit code is 1 if they are inconsistent.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, find_inconsistencies
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, NextRequest, Response

SCARCE = 200


@dataclass(frozen=True)
class Run:
    """The result of a load of orders.

    Args:
        placed: How many orders were answered with 201.
        refused: How many orders were answered with 409.
        placed_rate: Orders placed a second.
        settled_rate: Orders settled a second.
        backlog: How many orders were pending when the load ended.
        drain_seconds: How long it took to settle them.
    """

    placed: int
    refused: int
    placed_rate: float
    settled_rate: float
    backlog: int
    drain_seconds: float


class OrderBenchmark:
    """Runs the loads, and collects the figures and the inconsistencies."""

    def __init__(self, shop: Shop, databases: Databases, connections: int, shoppers: int) -> None:
        self.shop = shop
        self.databases = databases
        self.connections = connections
        self.tokens = shop.issue_tokens(shoppers)
        self.figures: list[Figure] = []
        self.problems: list[str] = []
        self.stocks: dict[str, int] = {}

    async def add_products(self) -> None:
        """Add the products, and wait until the projection has them."""
        stocks = {**harness.many_products(), "best seller": harness.STOCK, "last ones": SCARCE}
        self.ids = await self.shop.add_products(stocks)
        self.stocks = {self.ids[name]: count for name, count in stocks.items()}
        await self._wait_until(
            lambda: self.databases.projection_has(self.stocks), "the projection has the products"
        )

    def order_requests(self, *names: str) -> NextRequest:
        """Return a function that returns orders, each for one piece of a random product."""
        return harness.orders_of(self.tokens, [self.ids[name] for name in names])

    async def measure_idle(self, seconds: float) -> None:
        """Measure the CPU that each service uses without requests."""
        costs = Costs(self.shop.stack)
        await asyncio.sleep(seconds)
        shares = costs.share_of_a_core()
        self.figures += [
            Figure(f"idle CPU of {name}", shares[name], "%", 0.5, goal_is_minimum=False)
            for name in ("gateway", "authentication", "products", "orders")
        ]

    async def measure_latency(self, rate: float, seconds: float) -> None:
        """Measure how long an order takes at a moderate rate."""
        orders = self.order_requests(*harness.many_products())
        with self.databases.watch_acceptances() as accepted_at:
            responses = await Load(self.shop.port, 64).at_rate(orders, rate, seconds)
            harness.expect_status(responses, 201)
            sent_at = {json.loads(response.body)["id"]: response.sent_at for response in responses}
            await self._wait_until(
                lambda: sent_at.keys() <= accepted_at.keys(), "every order is ACCEPTED"
            )
        milliseconds = [(accepted_at[order_id] - sent) * 1000 for order_id, sent in sent_at.items()]
        self.figures += [
            Figure(
                f"POST to ACCEPTED at {rate:g} orders/s, p{percent}",
                percentile(milliseconds, percent),
                "ms",
                goal,
                goal_is_minimum=False,
            )
            for percent, goal in ((50, 40), (99, 120))
        ]

    async def place_orders(self, title: str, seconds: float, *names: str) -> Run:
        """Place as many orders as possible, wait until they are settled, and check both databases.

        Args:
            title: The name of the load in the report.
            seconds: How long to place orders.
            names: The products to order.
        """
        costs = Costs(self.shop.stack)
        began = time.monotonic()
        responses = await Load(self.shop.port, self.connections).back_to_back(
            self.order_requests(*names), seconds
        )
        loaded = time.monotonic()
        backlog = self.databases.count_pending()
        self.databases.wait_until_settled()
        ended = time.monotonic()
        placed = sum(response.status == 201 for response in responses)
        run = Run(
            placed=placed,
            refused=sum(response.status == 409 for response in responses),
            placed_rate=placed / (loaded - began),
            settled_rate=placed / (ended - began),
            backlog=backlog,
            drain_seconds=ended - loaded,
        )
        _print_run(title, run, responses)
        print(costs.per_item(max(placed, 1), "an order"))
        problems = find_inconsistencies(self.databases, self.stocks)
        if unexpected := len(responses) - placed - run.refused:
            problems.append(f"{unexpected} responses were neither 201 nor 409")
        self.problems += [f"{title}: {problem}" for problem in problems]
        return run

    async def run(self, seconds: float) -> None:
        """Run all loads.

        Args:
            seconds: How long each load lasts.
        """
        await self.add_products()
        await self.measure_idle(min(20, seconds))
        many = tuple(harness.many_products())
        await self.place_orders("warm-up", min(5, seconds), *many)
        # In a shorter load, one pause of a server decides the slowest hundredth.
        await self.measure_latency(50, seconds)
        many_products = await self.place_orders("many products", seconds, *many)
        one_product = await self.place_orders("one product", seconds, "best seller")
        scarce = await self.place_orders(f"a product with a stock of {SCARCE}", 3, "last ones")
        sold = self.databases.count_sold().get(self.ids["last ones"], 0)
        ratio = one_product.settled_rate / many_products.settled_rate
        self.figures += [
            Figure("orders settled, many products", many_products.settled_rate, "/s", 1000),
            Figure("orders placed (201), many products", many_products.placed_rate, "/s", 1000),
            Figure("orders settled, one product", one_product.settled_rate, "/s"),
            Figure("one product / many products", ratio, "", 0.9),
            Figure(f"sold of {SCARCE}", sold, "", SCARCE, goal_is_minimum=False),
        ]
        if not scarce.refused:
            self.problems.append("no order was refused for a product that ran out")

    async def _wait_until(
        self, condition: Callable[[], bool], description: str, seconds: float = 30
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"not within {seconds:g} s: {description}")
            await asyncio.sleep(0.05)


def _print_run(title: str, run: Run, responses: Sequence[Response]) -> None:
    milliseconds = [response.seconds * 1000 for response in responses if response.status == 201]
    print(
        f"{title}: {run.placed} placed ({run.placed_rate:.0f}/s, response time p50 "
        f"{percentile(milliseconds, 50):.0f} ms, p99 {percentile(milliseconds, 99):.0f} ms), "
        f"{run.refused} refused; {run.backlog} pending when the load ended, all settled "
        f"{run.drain_seconds:.1f} s later: {run.settled_rate:.0f}/s"
    )


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 60,
    connections: int = 100,
    shoppers: Annotated[int, typer.Option(help="How many different shoppers place orders.")] = 500,
) -> None:
    """Measure the path of an order."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{shoppers} shoppers, {connections} connections, {seconds:g} s a load")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        benchmark = OrderBenchmark(shop, databases, connections, shoppers)
        uvloop.run(benchmark.run(seconds))
    holds = "C1, C3 and C7 hold after every load"
    results.finish("orders", benchmark.figures, benchmark.problems, holds=holds)


if __name__ == "__main__":
    typer.run(main)
