"""reconcile and rebuild: two databases that lost something come to agree again."""

import asyncio
import sys
from asyncio.subprocess import PIPE
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
        await sold.settled()
        # Then
        assert +drift.found == {"unrecorded orders": 1, "products": 2}
        assert await sold.decisions() == {"ACCEPTED": 1}
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


class TestCommands:
    async def test_reconcile_and_rebuild_print_their_results(
        self, sold: Shop, compare: Comparison, products_url: str, servers: Stack
    ) -> None:
        # Given
        environment = servers.environment("orders") | {"PRODUCTS_URL": products_url}
        await sold.orders_db["products"].delete_one({"_id": ObjectId(an_id(3))})

        async def run(command: str) -> tuple[int | None, str]:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "orders", command, env=environment, stdout=PIPE
            )
            written, _ = await process.communicate()
            return process.returncode, written.decode()

        # When
        first = await run("reconcile")
        await sold.settled()
        second = await run("reconcile")
        third = await run("rebuild")
        # Then
        assert first == (
            1,
            (
                "products that differ: 1, orders without the same decision: 0, "
                "decisions without an order: 0\n"
                "days whose statistics differ: 0\n"
            ),
        )
        assert second[0] == 0
        assert third == (0, "projection rebuilt: 3 products, 0 messages skipped\n")


class TestRebuild:
    async def test_rebuilds_the_projection_while_orders_are_placed(
        self, sold: Shop, compare: Comparison, place: Place
    ) -> None:
        # Given
        await sold.orders_db["products"].update_many({}, {"$set": {"quantity": 77}})
        # When
        async with products_topic(sold.orders_settings.kafka_bootstrap_servers) as topic:
            count = await compare.rebuild.rebuild(topic)
        await place({3: 1})
        await sold.lapse_leases()
        await sold.settled()
        # Then
        assert count == 3
        assert await sold.projected() == {"product 1": 9, "product 2": 8, "product 3": 9}
        indexes = await sold.orders_db["products"].index_information()
        assert set(indexes) == {"_id_", "name_1", "archived_1_quantity_1__id_1"}

    async def test_rebuilds_from_products_ms_if_the_topic_is_empty(
        self, shop: Shop, compare: Comparison, running: AsyncExitStack
    ) -> None:
        # Given: the broker lost everything after the products' events were sent.
        await shop.know(await shop.add(1, 10))
        await shop.products_db["outbox"].delete_many({})
        await shop.orders_db["products"].delete_many({})
        # When
        async with products_topic(shop.orders_settings.kafka_bootstrap_servers) as topic:
            count = await compare.rebuild.rebuild(topic)
        # Then
        assert count == 1
        assert await shop.projected() == {"product 1": 10}
        assert await shop.agree()
