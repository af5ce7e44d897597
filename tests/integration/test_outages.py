"""A broker or a service that goes away delays orders; it fails none and loses none."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect
from pymongo.read_concern import ReadConcern
from tests.integration.processes import Process
from tests.integration.shop import SHOPPER, Place, Shop, eventually, find_one

from orders.main import create_app
from shopkit.checks import run_checks
from shopkit.clock import utc_now
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.producer import KafkaSender
from shopkit.messaging.relay import Relay
from shopkit.storage.mongo import Document
from shopkit.testing.apps import client_of
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers
from shopkit.testing.servers import serving
from shopkit.web import database_deadline
from stack import Stack


def step_down(servers: Stack, service: str, seconds: int) -> None:
    """Let a service's database have no primary for some seconds."""
    # A primary that steps down closes its connections.
    with (
        MongoClient[dict[str, Any]](servers.database_url(service, root=True)) as client,
        suppress(AutoReconnect),
    ):
        client.admin.command("replSetStepDown", seconds, force=True)


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
                assert (await run_checks(services.checks)).failing == {}
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
            assert (await run_checks(orders.checks)).failing == {}
            await place({1: 1})
        finally:
            await asyncio.to_thread(servers.start, "kafka")
        await shop.settled(60)
        assert await shop.statuses() == {"ACCEPTED": 1}


async def _unsent(outbox: AsyncCollection[Document]) -> list[str]:
    """Return the ids of the unsent rows. A row is marked as sent before a majority has the mark."""
    rows = outbox.with_options(read_concern=ReadConcern("local")).find({"unsent": True})
    return [row["_id"] async for row in rows]


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
        sender = KafkaSender(shop.orders_settings.kafka_connection, "tests")
        # When
        await Relay(Outbox(shop.orders_db), sender).sweep()
        await sender.close()
        # Then
        assert await _unsent(outbox) == [f"OrderCreate/{second.id}"]

    async def test_a_refused_row_waits_alone(self, shop: Shop, place: Place) -> None:
        # Given: Kafka refuses times that are more than an hour ahead.
        await shop.know(await shop.add(1, 500))
        orders = [await place({1: 1}) for _ in range(30)]
        outbox = shop.orders_db["outbox"]
        refused_id = f"OrderCreate/{orders[7].id}"
        ahead = utc_now() + timedelta(hours=2)
        await outbox.update_one({"_id": refused_id}, {"$set": {"time": ahead}})
        await shop.lapse_leases()
        sender = KafkaSender(shop.orders_settings.kafka_connection, "tests")
        # When
        await Relay(Outbox(shop.orders_db), sender).sweep()
        await sender.close()
        # Then
        assert await _unsent(outbox) == [refused_id]


class TestElection:
    async def test_requests_wait_until_there_is_a_primary(
        self, shop: Shop, servers: Stack, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        app = create_app(shop.orders_settings)
        client = await running.enter_async_context(client_of(app))
        headers = caller_headers(SHOPPER)
        body = {"products": [{"id": an_id(1), "quantity": 1}]}
        # When
        step_down(servers, "orders", seconds=4)
        responses = await asyncio.gather(
            *(client.post("/api/orders", json=body, headers=headers) for _ in range(5)),
            *(client.get("/api/orders", headers=headers) for _ in range(5)),
        )
        # Then
        assert [response.status_code for response in responses] == [201] * 5 + [200] * 5
        assert await shop.orders_db["orders"].count_documents({}) == 5

    async def test_requests_fail_if_there_is_none_in_time(
        self,
        shop: Shop,
        servers: Stack,
        running: AsyncExitStack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(database_deadline, "HTTP_SECONDS", 1.0)
        client = await running.enter_async_context(client_of(create_app(shop.orders_settings)))
        # When
        step_down(servers, "orders", seconds=4)
        response = await client.get("/api/orders", headers=caller_headers(SHOPPER))
        # Then
        assert response.status_code == 503
        assert response.json()["type"] == "/problems/unavailable"


class TestImpatientShoppers:
    async def test_an_order_is_not_placed_if_its_shopper_left_before_its_turn(
        self, shop: Shop, servers: Stack, running: AsyncExitStack
    ) -> None:
        # Given: the database does not answer, and two batches wait for it.
        await shop.know(await shop.add(1, 50))
        url = await running.enter_async_context(serving(create_app(shop.orders_settings)))
        session = await running.enter_async_context(aiohttp.ClientSession(url))

        async def order(seconds: float) -> int:
            timeout = aiohttp.ClientTimeout(total=seconds)
            body = {"products": [{"id": an_id(1), "quantity": 1}]}
            async with session.post(
                "/api/orders", json=body, headers=caller_headers(SHOPPER), timeout=timeout
            ) as response:
                return response.status

        servers.kill("orders-db", signal.SIGSTOP)
        try:
            patient = []
            for _ in range(2):
                patient.append(asyncio.create_task(order(20)))
                await asyncio.wait(patient, timeout=0.3)
            # When
            impatient = await asyncio.gather(*(order(1) for _ in range(30)), return_exceptions=True)
        finally:
            servers.kill("orders-db", signal.SIGCONT)
        # Then
        assert {type(outcome) for outcome in impatient} == {TimeoutError}
        assert await asyncio.gather(*patient) == [201, 201]
        assert await order(20) == 201
        assert await shop.orders_db["orders"].count_documents({}) == 3


class TestClocks:
    async def test_leases_do_not_depend_on_the_clock_of_the_machine(
        self,
        shop: Shop,
        place: Place,
        running: AsyncExitStack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given: the machine of this replica is six hours ahead.
        for module in ("shopkit.clock", "orders.dependencies"):
            monkeypatch.setattr(f"{module}.utc_now", lambda: utc_now() + timedelta(hours=6))
        await shop.know(await shop.add(1, 50))
        await shop.run_orders(running)
        # When
        order = await place({1: 1})
        # Then
        stored = await find_one(shop.orders_db["orders"], _id=ObjectId(order.id))
        row = await find_one(shop.orders_db["outbox"], _id=f"OrderCreate/{order.id}")
        in_a_minute = utc_now() + timedelta(minutes=1)
        assert stored["resend_at"] < in_a_minute
        assert row["leased_until"] < in_a_minute
        ticks = shop.orders_db["ticks"]

        async def resend_has_run() -> bool:
            return await ticks.count_documents({"_id": "resend"}) == 1

        await eventually(resend_has_run)
        assert (await find_one(ticks, _id="resend"))["next_at"] < in_a_minute


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
