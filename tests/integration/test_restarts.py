"""A rolling restart hands partitions over at once; a killed replica's partitions soon follow."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tests.integration.processes import Process
from tests.integration.shop import Place, Shop, eventually

from stack import Stack
from stack.ports import free_ports

ORDERS_PER_SECOND = 50
SETTLE_SECONDS = 2.0


@pytest.fixture
def replica(servers: Stack) -> AsyncIterator[Callable[[str], Process]]:
    """Start replicas of services, on free ports."""
    replicas: list[Process] = []

    def start(package: str) -> Process:
        [port] = free_ports(1)
        replicas.append(Process(servers, package, port))
        replicas[-1].start()
        return replicas[-1]

    yield start
    for process in replicas:
        process.clean_up()


@asynccontextmanager
async def steady_orders(place: Place) -> AsyncIterator[None]:
    """Place orders at a steady rate while the context lasts."""
    ended = asyncio.Event()

    async def place_all() -> None:
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as orders:
            while not ended.is_set():
                number += 1
                await asyncio.sleep(began + number / ORDERS_PER_SECOND - time.monotonic())
                orders.create_task(place({1 + number % 10: 1}))

    placing = asyncio.create_task(place_all())
    try:
        yield
    finally:
        ended.set()
        await placing


async def slowest_settle_seconds(shop: Shop) -> float:
    """Return the longest time from the placement of an order to its outcome."""
    orders = await shop.orders_db["orders"].find({"status": "ACCEPTED"}).to_list()
    return max((order["changed_at"] - order["created_at"]).total_seconds() for order in orders)


class TestRollingRestart:
    @pytest.mark.parametrize("package", ["products", "orders"])
    async def test_settles_every_order_within_two_seconds(
        self,
        shop: Shop,
        place: Place,
        running: AsyncExitStack,
        replica: Callable[[str], Process],
        package: str,
    ) -> None:
        # Given: two replicas of each service, one of orders-ms in this process
        await shop.know(*[await shop.add(number, 100_000) for number in range(1, 11)])
        await shop.run_orders(running)
        replicas = {"products": [replica("products"), replica("products")]}
        replicas["orders"] = [replica("orders")]
        for process in [*replicas["products"], *replicas["orders"]]:
            await eventually(process.listens)
        for _ in range(10):
            await place({1: 1})
        await shop.settled()
        await shop.orders_db["orders"].delete_many({})
        # When
        async with steady_orders(place):
            for process in replicas[package]:
                await asyncio.sleep(1)
                assert await asyncio.to_thread(process.end, signal.SIGTERM) == -signal.SIGTERM
                process.start()
                await eventually(process.listens)
            await asyncio.sleep(1)
        await shop.settled()
        # Then
        assert set(await shop.statuses()) == {"ACCEPTED"}
        assert await slowest_settle_seconds(shop) <= SETTLE_SECONDS
