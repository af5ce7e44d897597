"""An order's way through both services, on real servers."""

import asyncio
from contextlib import AsyncExitStack

from tests.integration.shop import Place, Shop, find_one

from shopkit.testing.proofs import identity_of


class TestSettlement:
    async def test_an_accepted_order_lowers_the_stock_in_both_databases(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        await shop.run_products(running)
        services = await shop.run_orders(running)
        # When
        order = await place({1: 2})
        await shop.settled()
        # Then
        assert order.status == "PENDING"
        caller = identity_of(order.email)
        settled = await services.orders.get(order.id, caller)
        assert [step.status for step in settled.history] == ["PENDING", "ACCEPTED"]
        assert await shop.stock() == {"product 1": 3}
        assert await shop.projected() == {"product 1": 3}

    async def test_200_orders_for_50_pieces_decided_by_two_replicas_sell_exactly_50(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given: all are taken before anyone decides, since the projection says 50.
        await shop.know(await shop.add(1, 50))
        orders = await asyncio.gather(*(place({1: 1}) for _ in range(200)))
        assert await shop.statuses() == {"PENDING": 200}
        # When
        await asyncio.gather(
            shop.run_products(running), shop.run_products(running), shop.run_orders(running)
        )
        await shop.settled(60)
        # Then
        assert len({order.id for order in orders}) == 200
        assert await shop.statuses() == {"ACCEPTED": 50, "REJECTED": 150}
        assert await shop.decisions() == {"ACCEPTED": 50, "REJECTED": 150}
        assert await shop.stock() == {"product 1": 0}
        assert await shop.projected() == {"product 1": 0}

    async def test_a_cancelled_order_returns_its_stock_once(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        await shop.run_products(running)
        services = await shop.run_orders(running)
        order = await place({1: 2})
        await shop.settled()
        # When
        await services.orders.cancel(order.id, identity_of(order.email))
        await shop.settled()
        # Then
        assert await shop.statuses() == {"CANCELLED": 1}
        assert await shop.decisions() == {"CANCELLED": 1}
        assert await shop.stock() == {"product 1": 5}
        document = await find_one(shop.orders_db["orders"])
        assert document["cancel_confirmed"] is True

    async def test_a_cancellation_before_its_order_takes_nothing(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        order = await place({1: 2})
        await shop.orders.orders.cancel(order.id, identity_of(order.email))
        late = f"OrderCreate/{order.id}"
        await shop.orders_db["outbox"].update_one({"_id": late}, {"$unset": {"unsent": ""}})
        await shop.run_products(running)
        await shop.run_orders(running)
        await shop.settled()
        # When
        await shop.orders_db["outbox"].update_one({"_id": late}, {"$set": {"unsent": True}})
        await shop.settled()
        # Then
        assert await shop.statuses() == {"CANCELLED": 1}
        assert await shop.decisions() == {"CANCELLED": 1}
        assert await shop.stock() == {"product 1": 5}
