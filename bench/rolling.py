"""Measures a rolling restart: how long orders take to settle while each replica is replaced.

It runs its own stack with two replicas of products-ms and orders-ms. It measures how many orders a
second the machine can place, and then places a third of it, at most 300 a second: first without a
restart, then while one replica after the other stops gracefully and starts again. A third, because
starting a replica takes seconds of CPU. The exit code is 1 if a goal is missed.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, NamedTuple

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, expired_members, find_inconsistencies
from bench.harness import Figure, Shop, percentile
from bench.load import Load, NextRequest
from tests.faults.links import Link

from stack import Stack
from stack.ports import free_ports, is_open

REPLICATED = ("products", "orders")
DRAIN_SECONDS = 5
START_SECONDS = 30
CONNECTIONS = 100
UNHURRIED_SECONDS = 2.0
HIGHEST_RATE = 300
CAPACITY_SECONDS = 10


class Replica:
    """A process of a service, in addition to or in place of the stack's own.

    Args:
        stack: The stack.
        service: The service.
        port: The port on which it listens.
    """

    def __init__(self, stack: Stack, service: str, port: int) -> None:
        self._service = service
        self._environment = {
            **stack.environment(service),
            "PORT": str(port),
            "MONITORING_PORT": "0",
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
        }
        self._port = port

    async def start(self) -> None:
        """Start the process, and wait until it listens.

        Raises:
            SystemExit: It does not listen in time.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._service, "serve", env=self._environment
        )
        deadline = time.monotonic() + START_SECONDS
        while not is_open(self._port):
            if time.monotonic() > deadline:
                raise SystemExit(f"{self._service} does not listen after {START_SECONDS} s")
            await asyncio.sleep(0.05)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def stop(self) -> None:
        """Stop the process gracefully."""
        self._process.terminate()
        await self._process.wait()


@asynccontextmanager
async def replicas(stack: Stack, count: int = 2) -> AsyncIterator[list[Replica]]:
    """Run replicas of each service, which share the requests of the gateway."""
    async with AsyncExitStack() as resources:
        started = []
        for service in REPLICATED:
            await asyncio.to_thread(stack.stop, service)
            ports = free_ports(count)
            for port in ports:
                replica = Replica(stack, service, port)
                await replica.start()
                resources.push_async_callback(replica.stop)
                started.append(replica)
            await resources.enter_async_context(Link(ports, stack.settings.ports[service]))
        yield started
    for service in REPLICATED:
        await asyncio.to_thread(stack.start, service)


class Orders(NamedTuple):
    """The orders of a load.

    Args:
        next: Returns the requests.
        rate: How many to send a second.
        seconds: How long to send.
    """

    next: NextRequest
    rate: float
    seconds: float


class RollingRestart:
    """Measures orders during a rolling restart."""

    def __init__(self, shop: Shop, databases: Databases) -> None:
        self.shop = shop
        self.databases = databases
        self.figures: list[Figure] = []
        self.problems: list[str] = []

    async def run(self, rate: float | None, seconds: float) -> None:
        """Measure orders without a restart and during one.

        Args:
            rate: How many orders to place a second, None for a third of what the machine can do.
            seconds: How long each load lasts.
        """
        stocks = harness.many_products()
        ids = await self.shop.add_products(stocks)
        while not self.databases.projection_has(ids.values()):
            await asyncio.sleep(0.1)
        next_order = harness.orders_of(self.shop.register_shoppers(20), list(ids.values()))
        async with replicas(self.shop.stack) as running:
            capacity = await self._capacity(next_order)
            orders = Orders(next_order, rate or min(HIGHEST_RATE, capacity / 3), seconds)
            print(f"{orders.rate:.0f} orders a second for {seconds:g} s")
            await self._place(orders, "without a restart")
            expired = expired_members(self.shop.stack)
            restarting = asyncio.create_task(self._restart_one_by_one(running))
            await self._place(orders, "during a restart", UNHURRIED_SECONDS)
            if not restarting.done():
                self.problems.append(f"the restart took more than {seconds:g} s")
            await restarting
            count = expired_members(self.shop.stack) - expired
        name = "members that left their group by a time-out"
        self.figures.append(Figure(name, count, "", 0, goal_is_minimum=False))
        self.problems += find_inconsistencies(
            self.databases, {ids[name]: stock for name, stock in stocks.items()}
        )

    async def _restart_one_by_one(self, running: list[Replica]) -> None:
        stops, starts = [], []
        for replica in running:
            began = time.monotonic()
            await replica.stop()
            stops.append(time.monotonic() - began)
            await replica.start()
            starts.append(time.monotonic() - began - stops[-1])
        self.figures += [
            Figure("the slowest stop of a replica", max(stops), "s"),
            Figure("the slowest start of a replica", max(starts), "s"),
        ]

    async def _capacity(self, next_order: NextRequest) -> float:
        """Return how many orders a second the machine can place and settle."""
        began = time.monotonic()
        responses = await Load(self.shop.port, CONNECTIONS).back_to_back(
            next_order, CAPACITY_SECONDS
        )
        harness.expect_status(responses, 201)
        await asyncio.to_thread(self.databases.wait_until_settled)
        capacity = len(responses) / (time.monotonic() - began)
        self.figures.append(Figure("orders settled at full load", capacity, "/s"))
        return capacity

    async def _place(self, orders: Orders, when: str, goal: float | None = None) -> None:
        """Place orders, and measure how long they take to be settled.

        Args:
            orders: The orders.
            when: What happens meanwhile.
            goal: The bound of the slowest.
        """
        with self.databases.watch_acceptances() as accepted_at:
            responses = await Load(self.shop.port, CONNECTIONS).at_rate(*orders)
            harness.expect_status(responses, 201)
            sent_at = {json.loads(response.body)["id"]: response.sent_at for response in responses}
            while not sent_at.keys() <= accepted_at.keys():
                await asyncio.sleep(0.05)
        times = [accepted_at[order_id] - sent for order_id, sent in sent_at.items()]
        self.figures += [
            Figure(f"POST to ACCEPTED {when}, p50", percentile(times, 50) * 1000, "ms"),
            Figure(f"POST to ACCEPTED {when}, p99", percentile(times, 99) * 1000, "ms"),
            Figure(f"POST to ACCEPTED {when}, slowest", max(times), "s", goal, False),
        ]


def main(
    *,
    rate: Annotated[float | None, typer.Option(help="Orders a second.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 60,
) -> None:
    """Measure orders during a rolling restart."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}, but two replicas")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        benchmark = RollingRestart(shop, databases)
        uvloop.run(benchmark.run(rate, seconds))
    results.finish(
        "rolling",
        benchmark.figures,
        benchmark.problems,
        holds="C1, C3 and C7 hold",
        must_meet_goals=True,
    )


if __name__ == "__main__":
    typer.run(main)
