"""A replica that stops hands its partitions over at once."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from tests.integration.processes import Process
from tests.integration.shop import Place, Shop, eventually

from stack import Stack
from stack.ports import free_ports

ORDERS_PER_SECOND = 50


@pytest.fixture
def replica(servers: Stack) -> Iterator[Callable[[str], Process]]:
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


async def members(shop: Shop, group: str) -> int:
    """Return the number of consumers in a group."""
    servers = shop.products_settings.kafka_bootstrap_servers
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        [response] = await admin.describe_consumer_groups([group])
        [(_error, _group, _state, _type, _protocol, joined, *_)] = response.groups
        return len(joined)
    finally:
        await admin.close()


class TestRollingRestart:
    @pytest.mark.parametrize("package", ["products", "orders"])
    async def test_a_replica_leaves_its_group_before_it_ends(
        self,
        shop: Shop,
        place: Place,
        running: AsyncExitStack,
        replica: Callable[[str], Process],
        package: str,
    ) -> None:
        # Given: two replicas of the service, of which the one of orders-ms is in this process
        await shop.know(*[await shop.add(number, 100_000) for number in range(1, 11)])
        await shop.run_orders(running)
        stays, stops = replica("products"), replica(package)
        for process in (stays, stops):
            await eventually(process.listens, 60)
        group, topics = f"{package}-ms", 2 if package == "orders" else 1

        async def both_joined() -> bool:
            return await members(shop, group) == 2 * topics

        await eventually(both_joined, 60)
        # When
        async with steady_orders(place):
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(stops.end, signal.SIGTERM) == -signal.SIGTERM
            left = await members(shop, group)
            await asyncio.sleep(0.5)
        await shop.settled()
        # Then: a replica that had not left would be a member until its session times out.
        assert left == topics
        assert set(await shop.statuses()) == {"ACCEPTED"}
