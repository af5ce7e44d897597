"""reconcile and rebuild: two databases that lost something come to agree again."""

import asyncio
import secrets
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import aiohttp
import pytest
from bson import ObjectId
from prometheus_client import REGISTRY
from tests.integration.shop import Place, Shop, eventually

from orders.consumers.products_topic import products_topic
from orders.dependencies import Comparison, build_comparison
from products.main import create_app
from products.settings import ProductsSettings
from shopkit.clock import utc_now
from shopkit.messaging.outbox import Outbox
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.servers import serving
from stack import Stack


def drift_metric(kind: str) -> float | None:
    return REGISTRY.get_sample_value("reconcile_drift", {"kind": kind})


async def is_refused() -> bool:
    return REGISTRY.get_sample_value("reconcile_refused") == 1


def reported(kind: str, count: float) -> Callable[[], Awaitable[bool]]:
    async def is_reported() -> bool:
        return drift_metric(kind) == count

    return is_reported


@pytest.fixture
async def products_url(shop: Shop) -> AsyncIterator[str]:
    """products-ms with its relay and its consumer, on a free port."""
    settings: ProductsSettings = shop.products_settings
    async with serving(create_app(settings)) as url:
        yield url


@pytest.fixture
async def compare(shop: Shop, products_url: str) -> AsyncIterator[Comparison]:
    async with aiohttp.ClientSession() as session:
        yield build_comparison(
            shop.orders_db,
            MongoTransactions(shop.orders_db.client, Outbox(shop.orders_db)),
            shop.orders_settings.model_copy(update={"products_url": products_url}),
            session,
        )


@pytest.fixture
async def sold(shop: Shop, place: Place, compare: Comparison, running: AsyncExitStack) -> Shop:
    """A shop with three products and an accepted order, everything running."""
    await shop.know(*[await shop.add(number, 10) for number in (1, 2, 3)])
    await shop.run_orders(running)
    await place({1: 1, 2: 2})
    await shop.lapse_leases()
    await shop.settled()
    return shop


class TestReconcile:
    async def test_finds_nothing_if_the_databases_agree(
        self, sold: Shop, compare: Comparison
    ) -> None:
        # When
        drift = await compare.reconcile.reconcile()
        # Then
        assert drift.empty
        assert drift_metric("products") == 0

    async def test_repairs_wrong_old_and_missing_products(
        self, sold: Shop, compare: Comparison
    ) -> None:
        # Given: one wrong in a version from the future, one old, one lost.
        projection = sold.orders_db["products"]
        await projection.update_one(
            {"_id": ObjectId(an_id(1))}, {"$set": {"quantity": 99, "version": 70}}
        )
        await projection.update_one({"_id": ObjectId(an_id(2))}, {"$set": {"version": 1}})
        await projection.delete_one({"_id": ObjectId(an_id(3))})
        # When
        drift = await compare.reconcile.reconcile()
        await sold.settled()
        # Then
        assert +drift.found == {"products": 3}
        assert await sold.projected() == {"product 1": 9, "product 2": 8, "product 3": 10}
        assert (await compare.reconcile.reconcile()).empty
        versions = {row["name"]: row["version"] async for row in projection.find()}
        assert versions["product 1"] == 71

    async def test_sends_an_order_again_that_has_no_decision(
        self, sold: Shop, compare: Comparison
    ) -> None:
        # Given: products-db was restored from a time before the order.
        await sold.products_db["orders"].delete_many({})
        await sold.products_db["outbox"].delete_many({})
        await sold.products_db["products"].update_many(
            {}, {"$set": {"quantity": 10, "stock_version": 1}}
        )
        # When
        drift = await compare.reconcile.reconcile()
        await sold.lapse_leases()

        async def decided_again() -> bool:
            return await sold.decisions() == {"ACCEPTED": 1}

        await eventually(decided_again)
        await sold.settled()
        # Then
        assert +drift.found == {"unrecorded orders": 1, "products": 2}
        assert await sold.stock() == {"product 1": 9, "product 2": 8, "product 3": 10}
        assert (await compare.reconcile.reconcile()).empty

    async def test_keeps_accepted_orders_that_orders_db_has_lost(
        self,
        sold: Shop,
        place: Place,
        compare: Comparison,
        products_url: str,
        running: AsyncExitStack,
    ) -> None:
        # Given: orders-db lost two orders, long ago.
        await place({3: 1})
        await sold.settled()
        lost = await sold.orders_db["orders"].find().to_list()
        await sold.orders_db["orders"].delete_many({})
        long_ago = utc_now() - timedelta(minutes=11)
        await sold.products_db["orders"].update_many({}, {"$set": {"settled_at": long_ago}})
        # When: orders-ms restarts and reconciles.
        sold.orders_settings = sold.orders_settings.model_copy(
            update={"products_url": products_url, "reconcile_seconds": 0.1}
        )
        await sold.run_orders(running)
        await eventually(reported("orphaned orders", 2))
        await compare.reconcile.reconcile()
        # Then
        assert await sold.decisions() == {"ACCEPTED": 2}
        assert await sold.stock() == {"product 1": 9, "product 2": 8, "product 3": 9}
        # And: nothing differs once the orders are back.
        await sold.orders_db["orders"].insert_many(lost)
        assert (await compare.reconcile.reconcile()).empty
        assert await sold.statuses() == {"ACCEPTED": 2}


Run = Callable[..., Awaitable[tuple[int | None, str]]]


@pytest.fixture
def run_command(products_url: str, servers: Stack) -> Run:
    """Runs a command of orders-ms, and returns its exit code and its output."""
    environment = servers.environment("orders") | {"PRODUCTS_URL": products_url}

    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "orders", *arguments, env=environment, stdout=PIPE, stderr=STDOUT
        )
        written, _ = await process.communicate()
        return process.returncode, written.decode()

    return run


class TestCommands:
    async def test_reconcile_rebuild_and_recount_print_their_results(
        self, sold: Shop, compare: Comparison, run_command: Run
    ) -> None:
        # Given
        await sold.orders_db["products"].delete_one({"_id": ObjectId(an_id(3))})
        # When
        first = await run_command("reconcile")
        await sold.settled()
        second = await run_command("reconcile")
        third = await run_command("rebuild")
        fourth = await run_command("recount")
        # Then
        assert first[0] == 1
        assert first[1].endswith(
            "products that differ: 1, orders without the same decision: 0, "
            "decisions without an order: 0\n"
            "days whose statistics differ: 0\n"
        )
        assert second[0] == 0
        assert (third[0], fourth[0]) == (0, 0)
        assert third[1].endswith("projection rebuilt: 3 products, 0 messages skipped\n")
        assert fourth[1].endswith("orders counted\n")

    async def test_reconcile_cancels_ten_lost_orders_only_if_asked_to(
        self, sold: Shop, place: Place, compare: Comparison, run_command: Run
    ) -> None:
        # Given: 13 orders are lost.
        for number in (1, 2, 3) * 4:
            await place({number: 1})
        await sold.settled()
        ids = sorted(
            [str(order["_id"]) async for order in sold.orders_db["orders"].find({}, {"_id": 1})]
        )
        await sold.orders_db["orders"].delete_many({})
        long_ago = utc_now() - timedelta(minutes=11)
        await sold.products_db["orders"].update_many({}, {"$set": {"settled_at": long_ago}})
        accepted = (await sold.decisions())["ACCEPTED"]
        # When
        listed = await run_command("reconcile")
        # Then
        assert listed[0] == 1
        assert f"decisions without an order: {len(ids)}\n" in listed[1]
        assert listed[1].endswith(f"--apply would cancel: {', '.join(ids[:10])}\n")
        assert (await sold.decisions())["ACCEPTED"] == accepted
        # When
        applied = await run_command("reconcile", "--apply")
        # Then
        assert applied[0] == 1
        assert applied[1].endswith(f"cancelled: {', '.join(ids[:10])}; {len(ids) - 10} remain\n")
        assert (await sold.decisions())["CANCELLED"] == 10

    async def test_nothing_is_compared_with_another_database_until_it_is_accepted(
        self,
        sold: Shop,
        compare: Comparison,
        products_url: str,
        run_command: Run,
        running: AsyncExitStack,
    ) -> None:
        # Given: orders-ms is connected to another, empty database.
        await compare.reconcile.reconcile()
        other = secrets.token_hex(16)
        await sold.orders_db["database_identity"].update_one(
            {"_id": "own"}, {"$set": {"identity": other}}
        )
        await sold.orders_db["orders"].delete_many({})
        await sold.orders_db["products"].delete_many({})
        long_ago = utc_now() - timedelta(minutes=11)
        await sold.products_db["orders"].update_many({}, {"$set": {"settled_at": long_ago}})
        before = await sold.products_db["products"].find().to_list()
        # When
        refused = await run_command("reconcile", "--apply")
        rebuilt = await run_command("rebuild")
        # Then
        assert (refused[0], rebuilt[0]) == (1, 1)
        assert f"This is orders-db {other}, but it was " in refused[1]
        assert "accept-databases" in refused[1]
        # When: orders-ms runs, and reconciliation is due.
        sold.orders_settings = sold.orders_settings.model_copy(
            update={"products_url": products_url, "reconcile_seconds": 0.1}
        )
        await sold.run_orders(running)
        await eventually(is_refused)
        # Then: nothing was sent again or cancelled.
        assert await sold.decisions() == {"ACCEPTED": 1}
        assert await sold.products_db["products"].find().to_list() == before
        # When
        accepted = await run_command("accept-databases")
        compared = await run_command("reconcile")
        # Then
        assert accepted[0] == 0
        assert "decisions without an order: 1\n" in compared[1]
        assert await sold.decisions() == {"ACCEPTED": 1}


class TestRebuild:
    async def test_rebuilds_the_projection_while_orders_are_placed(
        self, sold: Shop, compare: Comparison, place: Place
    ) -> None:
        # Given
        await sold.orders_db["products"].update_many({}, {"$set": {"quantity": 77}})
        # When
        async with products_topic(sold.orders_settings.kafka_connection) as topic:
            count = await compare.rebuild.rebuild(topic)
        await place({3: 1})
        await sold.lapse_leases()
        await sold.settled()
        # Then
        assert count == 3
        assert await sold.projected() == {"product 1": 9, "product 2": 8, "product 3": 9}
        indexes = await sold.orders_db["products"].index_information()
        assert set(indexes) == {
            "_id_",
            "name_1",
            "name_key_1__id_1",
            "archived_1_quantity_1__id_1",
        }

    async def test_rebuilds_from_products_ms_if_the_topic_is_empty(
        self, shop: Shop, compare: Comparison, running: AsyncExitStack
    ) -> None:
        # Given: the broker lost everything after the products' events were sent.
        await shop.know(await shop.add(1, 10))
        await shop.products_db["outbox"].delete_many({})
        await shop.orders_db["products"].delete_many({})
        # When
        async with products_topic(shop.orders_settings.kafka_connection) as topic:
            count = await compare.rebuild.rebuild(topic)
        # Then
        assert count == 1
        assert await shop.projected() == {"product 1": 10}
        assert await shop.agree()
