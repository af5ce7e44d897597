"""Measures reconciliation and the statistics of a shop with many orders.

It runs its own stack and writes past orders and their decisions directly into both databases. It
measures the statistics, then the response time of new orders without and during a reconciliation.
With --unrecorded, it finally deletes all decisions, and measures how reconciliation sends all
orders again. The exit code is 1 if a goal is missed.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import psutil
import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases
from bench.harness import Figure, Shop, percentile
from bench.load import Load, NextRequest, request
from bench.past import add_orders

RATE = 50
CONNECTIONS = 16


class Memory:
    """The highest memory of a process while it is watched.

    Attributes:
        megabytes: The highest resident set size.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.megabytes = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the process."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.1):
                self.megabytes = max(self.megabytes, self._process.memory_info().rss / 2**20)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


class Reconciliation:
    """A reconciliation of the running orders-ms."""

    def __init__(self, databases: Databases) -> None:
        self._progress = databases.orders["reconcile"]

    def make_due(self) -> None:
        """Let the next reconciliation begin within five seconds."""
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        self._progress.update_one({}, {"$set": {"finished_at": long_ago}, "$unset": {"found": ""}})

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._progress.find_one({"found": {"$exists": True}}) is not None

    def wait_until_ended(self, seconds: float) -> None:
        """Wait until it has ended.

        Raises:
            SystemExit: The time is over.
        """
        deadline = time.monotonic() + seconds
        while not self.ended:
            if time.monotonic() > deadline:
                raise SystemExit(f"reconciliation did not end within {seconds:g} s")
            time.sleep(0.1)

    def found(self) -> dict[str, int]:
        """Return how many differences it has found, by kind."""
        progress = self._progress.find_one({}) or {}
        return {kind: count for kind, count in progress["found"].items() if count}


def wait_until_counted(databases: Databases, count: int) -> None:
    """Wait until the counters have so many orders.

    Raises:
        SystemExit: That took more than ten minutes.
    """
    deadline = time.monotonic() + 600
    total = [{"$group": {"_id": "$generation", "orders": {"$sum": "$orders"}}}]
    while not any(
        row["orders"] >= count for row in databases.orders["statistics_days"].aggregate(total)
    ):
        if time.monotonic() > deadline:
            raise SystemExit("the orders are not counted")
        time.sleep(0.2)


async def measure_statistics(shop: Shop, days: int) -> Figure:
    """Request the statistics of some days, one after the other."""
    token = shop.sign_in("admin@admin.com", "admin@admin.com")
    requests = iter([request("GET", f"/api/admin/stats?days={days}", token)] * 50)
    responses = await Load(shop.port, connections=1).back_to_back(lambda _: next(requests, None))
    harness.expect_status(responses, 200)
    milliseconds = percentile([response.seconds * 1000 for response in responses], 50)
    return Figure(f"statistics of {days} days, p50", milliseconds, "ms", 250, False)


async def measure_orders(
    shop: Shop, next_order: NextRequest, seconds: float, name: str
) -> list[Figure]:
    """Place orders at a fixed rate, and return the response times."""
    responses = await Load(shop.port, CONNECTIONS).at_rate(next_order, RATE, seconds)
    harness.expect_status(responses, 201)
    milliseconds = [response.seconds * 1000 for response in responses]
    return [
        Figure(f"an order, {name}, p{percent}", percentile(milliseconds, percent), "ms")
        for percent in (50, 99)
    ]


def measure(shop: Shop, databases: Databases, orders: int, *, unrecorded: bool) -> list[Figure]:
    """Run all measurements."""
    products = list(uvloop.run(shop.add_products(harness.many_products())).values())
    while not databases.projection_has(products):
        time.sleep(0.1)
    began = time.monotonic()
    add_orders(databases, products, orders)
    print(f"{orders} orders written in {time.monotonic() - began:.0f} s")
    wait_until_counted(databases, orders)
    figures = [Figure("until all are counted", time.monotonic() - began, "s")]
    figures += [uvloop.run(measure_statistics(shop, days)) for days in (30, 366)]

    reconciliation = Reconciliation(databases)
    next_order = harness.orders_of(shop.register_shoppers(10), products)
    pid = next(status.pid for status in shop.stack.status() if status.name == "orders")
    assert pid  # noqa: S101 - the service runs.
    uvloop.run(measure_orders(shop, next_order, 5, "warm-up"))
    without = uvloop.run(measure_orders(shop, next_order, 20, "without reconciliation"))
    memory = Memory(pid)
    with memory.watched():
        reconciliation.make_due()
        began = time.monotonic()
        during = uvloop.run(measure_orders(shop, next_order, 20, "during reconciliation"))
        reconciliation.wait_until_ended(600)
    slower = during[0].value / without[0].value
    figures += [*without, *during, Figure("ratio of the two p50", slower, "", 1.5, False)]
    figures.append(Figure("duration of a reconciliation", time.monotonic() - began, "s"))
    figures.append(Figure("memory of orders-ms during it", memory.megabytes, "MB", 250, False))
    print(f"found: {json.dumps(reconciliation.found())}")
    if unrecorded:
        figures += measure_unrecorded(databases, reconciliation, pid)
    return figures


def measure_unrecorded(
    databases: Databases, reconciliation: Reconciliation, pid: int
) -> list[Figure]:
    """Delete all decisions, and measure how the orders are sent again."""
    databases.wait_until_settled()
    databases.products["orders"].delete_many({})
    memory = Memory(pid)
    began = time.monotonic()
    with memory.watched():
        reconciliation.make_due()
        reconciliation.wait_until_ended(3_600)
    print(f"found: {json.dumps(reconciliation.found())}")
    return [
        Figure("duration if all orders are unrecorded", time.monotonic() - began, "s"),
        Figure("memory of orders-ms during it", memory.megabytes, "MB", 250, False),
    ]


def main(
    *,
    orders: int = 300_000,
    unrecorded: Annotated[
        bool, typer.Option("--unrecorded", help="Also lose all decisions.")
    ] = False,
) -> None:
    """Measure reconciliation and the statistics."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures = measure(shop, databases, orders, unrecorded=unrecorded)
    results.finish("reconcile", figures, must_meet_goals=True)


if __name__ == "__main__":
    typer.run(main)
