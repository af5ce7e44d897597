"""A broker or a service that goes away delays orders; it fails none and loses none."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.integration.shop import Place, Shop, find_one

from shopkit.checks import failing_checks
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.producer import KafkaSender
from shopkit.messaging.relay import Relay
from stack import Stack


class Process:
    """A service in a separate process, on the servers of the test."""

    def __init__(self, servers: Stack, package: str) -> None:
        self._environment = servers.environment(package) | {"TOPIC_PARTITIONS": "3"}
        self._package = package
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._processes.append(
            subprocess.Popen([sys.executable, "-m", self._package, "serve"], env=self._environment)
        )

    def end(self, number: signal.Signals) -> int:
        process = self._processes.pop()
        process.send_signal(number)
        return process.wait(timeout=30)

    def clean_up(self) -> None:
        """End the process, if it runs."""
        while self._processes:
            self.end(signal.SIGKILL)


@pytest.fixture
async def processes(servers: Stack) -> AsyncIterator[dict[str, Process]]:
    processes = {package: Process(servers, package) for package in ("products", "orders")}
    yield processes
    for process in processes.values():
        process.clean_up()


class TestBrokerDown:
    async def test_takes_orders_and_settles_them_after_the_outage(
        self, shop: Shop, place: Place, running: AsyncExitStack, servers: Stack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        products = await shop.run_products(running)
        orders = await shop.run_orders(running)
        await shop.settled()
        # When
        await asyncio.to_thread(servers.stop, "kafka")
        try:
            placed = [await place({1: 1}) for _ in range(5)]
            for services in (products, orders):
                assert await failing_checks(services.checks) == {}
            assert await shop.statuses() == {"PENDING": 5}
        finally:
            await asyncio.to_thread(servers.start, "kafka")
        await shop.settled(60)
        # Then
        assert {order.status for order in placed} == {"PENDING"}
        assert await shop.statuses() == {"ACCEPTED": 5}
        assert await shop.stock() == {"product 1": 45}

    async def test_services_start_without_a_broker(
        self, shop: Shop, place: Place, running: AsyncExitStack, servers: Stack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        await asyncio.to_thread(servers.stop, "kafka")
        try:
            # When
            await shop.run_products(running)
            orders = await shop.run_orders(running)
            # Then
            assert await failing_checks(orders.checks) == {}
            await place({1: 1})
        finally:
            await asyncio.to_thread(servers.start, "kafka")
        await shop.settled(60)
        assert await shop.statuses() == {"ACCEPTED": 1}


class TestSweeper:
    async def test_sends_what_a_crash_left_and_skips_leased_rows(
        self, shop: Shop, place: Place
    ) -> None:
        # Given: two orders of a process that died; the lease of one has run out.
        await shop.know(await shop.add(1, 50))
        first, second = await place({1: 1}), await place({1: 1})
        outbox = shop.orders_db["outbox"]
        await outbox.update_one(
            {"_id": f"OrderCreate/{first.id}"}, [{"$set": {"leased_until": "$time"}}]
        )
        sender = KafkaSender(shop.orders_settings.kafka_bootstrap_servers, "tests")
        # When
        await Relay(Outbox(shop.orders_db), sender).sweep()
        await sender.close()
        # Then
        unsent = [row["_id"] async for row in outbox.find({"unsent": True})]
        assert unsent == [f"OrderCreate/{second.id}"]
        sent = await find_one(outbox, _id=f"OrderCreate/{first.id}")
        assert "expire_at" not in sent, "an order's row is kept until the order is settled"

    async def test_the_messages_of_a_settled_order_expire(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        order = await place({1: 1})
        # When
        await shop.run_products(running)
        await shop.run_orders(running)
        await shop.settled()
        # Then
        row = await find_one(shop.orders_db["outbox"], _id=f"OrderCreate/{order.id}")
        assert row["kept"] is False
        assert row["expire_at"] > row["sent_at"]


class TestKilled:
    @pytest.mark.parametrize("victim", ["products", "orders"])
    async def test_a_killed_service_recovers_without_losing_orders(
        self, shop: Shop, place: Place, processes: dict[str, Process], victim: str
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 60))
        for process in processes.values():
            process.start()
        for _ in range(3):
            # When
            await asyncio.gather(*(place({1: 1}) for _ in range(30)))
            await shop.lapse_leases()
            processes[victim].end(signal.SIGKILL)
            processes[victim].start()
        await shop.settled(60)
        # Then
        assert await shop.statuses() == {"ACCEPTED": 60, "REJECTED": 30}
        assert await shop.decisions() == {"ACCEPTED": 60, "REJECTED": 30}
        assert await shop.stock() == {"product 1": 0}

    async def test_a_service_stops_in_order(
        self,
        shop: Shop,
        place: Place,
        processes: dict[str, Process],
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        await place({1: 1})
        await shop.lapse_leases()
        for process in processes.values():
            process.start()
        await shop.settled(60)
        # When / Then: uvicorn ends by the signal once the application has shut down.
        for process in processes.values():
            assert process.end(signal.SIGTERM) == -signal.SIGTERM
        written = capfd.readouterr().err
        assert written.count("Application shutdown complete") == 2
        assert "left in the outbox" not in written
