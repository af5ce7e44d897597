from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bson import ObjectId

from products.dependencies import Services
from products.models.product import Product
from products.repositories.products import ProductRepository
from shopkit.storage.mongo import Database, GuardMissedError
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import TRACE_CONTEXT, an_id, cancelled, placed

AddProduct = Callable[..., Awaitable[Product]]


async def stock(database: Database) -> dict[str, int]:
    return {str(row["_id"]): row["quantity"] async for row in database["products"].find({})}


async def stubs(database: Database) -> dict[str, Any]:
    return {str(row["_id"]): row["status"] async for row in database["orders"].find({})}


class TestDecide:
    async def test_stores_decisions_takes_stock_and_publishes_events(
        self,
        services: Services,
        database: Database,
        add: AddProduct,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1, quantity=3)
        await add(2, quantity=5)
        # When
        await services.decisions.decide(
            [placed(10, {1: 2}), placed(11, {1: 2}), placed(12, {2: 5})]
        )
        # Then
        assert await stock(database) == {an_id(1): 1, an_id(2): 0}
        assert await stubs(database) == {
            an_id(10): "ACCEPTED",
            an_id(11): "REJECTED",
            an_id(12): "ACCEPTED",
        }
        assert transactions.published_ids == [
            f"OrderStatusUpdate/{an_id(10)}/ACCEPTED",
            f"OrderStatusUpdate/{an_id(11)}/REJECTED",
            f"OrderStatusUpdate/{an_id(12)}/ACCEPTED",
            f"ProductsQuantityUpdate/{an_id(1)}/3",
            f"ProductsQuantityUpdate/{an_id(2)}/3",
        ]
        assert await database["outbox"].count_documents({"unsent": True}) == 7

    async def test_answers_a_decided_order_again_without_taking_stock(
        self,
        services: Services,
        database: Database,
        add: AddProduct,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1, quantity=3)
        await services.decisions.decide([placed(10, {1: 2})])
        first = transactions.published[0]
        transactions.published.clear()
        # When
        await services.decisions.decide([placed(10, {1: 2}), placed(10, {1: 2})])
        # Then
        assert await stock(database) == {an_id(1): 1}
        assert [row.message for row in transactions.published] == [first.message]

    async def test_answers_again_even_if_the_message_has_expired(
        self, services: Services, database: Database, add: AddProduct
    ) -> None:
        # Given
        await add(1)
        await services.decisions.decide([placed(10, {1: 2})])
        before = await database["outbox"].find_one(
            {"_id": f"OrderStatusUpdate/{an_id(10)}/ACCEPTED"}
        )
        await database["outbox"].delete_many({})
        # When
        await services.decisions.decide([placed(10, {1: 2})])
        # Then
        after = await database["outbox"].find_one({})
        assert before is not None
        assert after is not None
        assert (after["_id"], after["value"], after["unsent"]) == (
            before["_id"],
            before["value"],
            True,
        )

    async def test_rejects_an_archived_product(
        self, services: Services, database: Database, add: AddProduct
    ) -> None:
        # Given
        await add(1)
        await database["products"].update_one({}, {"$set": {"archived": True}})
        # When
        await services.decisions.decide([placed(10, {1: 1})])
        # Then
        stub = await database["orders"].find_one({})
        assert stub is not None
        assert stub["status"] == "REJECTED"
        assert stub["line_reasons"] == [
            {"product_id": ObjectId(an_id(1)), "reason": "It is no longer for sale."}
        ]
        assert await stock(database) == {an_id(1): 10}


class TestRejectUnreadable:
    async def test_rejects_an_order_by_its_id(
        self, services: Services, database: Database, transactions: FakeTransactions
    ) -> None:
        # When
        await services.decisions.reject_unreadable(an_id(10), TRACE_CONTEXT)
        # Then
        assert await stubs(database) == {an_id(10): "REJECTED"}
        assert transactions.published_ids == [f"OrderStatusUpdate/{an_id(10)}/REJECTED"]

    async def test_keeps_an_existing_decision(
        self,
        services: Services,
        database: Database,
        add: AddProduct,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1)
        await services.decisions.decide([placed(10, {1: 1})])
        transactions.published.clear()
        # When
        await services.decisions.reject_unreadable(an_id(10), TRACE_CONTEXT)
        # Then
        assert await stubs(database) == {an_id(10): "ACCEPTED"}
        assert transactions.published_ids == [f"OrderStatusUpdate/{an_id(10)}/ACCEPTED"]


class TestCancel:
    async def test_returns_stock_once_for_repeated_cancellations(
        self,
        services: Services,
        database: Database,
        add: AddProduct,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1, quantity=5)
        await services.decisions.decide([placed(10, {1: 2}), placed(11, {1: 1})])
        transactions.published.clear()
        # When
        await services.decisions.cancel([cancelled(10), cancelled(10)])
        await services.decisions.cancel([cancelled(10)])
        # Then
        assert await stock(database) == {an_id(1): 4}
        assert await stubs(database) == {an_id(10): "CANCELLED", an_id(11): "ACCEPTED"}
        confirmed = f"OrderStatusUpdate/{an_id(10)}/CANCELLED"
        assert transactions.published_ids == [
            confirmed,
            f"ProductsQuantityUpdate/{an_id(1)}/4",
            confirmed,
        ]

    async def test_returns_nothing_for_a_rejected_order(
        self, services: Services, database: Database, add: AddProduct
    ) -> None:
        # Given
        await add(1, quantity=1)
        await services.decisions.decide([placed(10, {1: 2})])
        # When
        await services.decisions.cancel([cancelled(10)])
        # Then
        assert await stock(database) == {an_id(1): 1}
        assert await stubs(database) == {an_id(10): "CANCELLED"}

    async def test_an_order_after_its_cancellation_takes_nothing(
        self,
        services: Services,
        database: Database,
        add: AddProduct,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1)
        await services.decisions.cancel([cancelled(10)])
        # When
        await services.decisions.decide([placed(10, {1: 2})])
        # Then
        assert await stock(database) == {an_id(1): 10}
        assert await stubs(database) == {an_id(10): "CANCELLED"}
        assert transactions.published_ids == [f"OrderStatusUpdate/{an_id(10)}/CANCELLED"] * 2

    async def test_returns_stock_to_an_archived_product(
        self, services: Services, database: Database, add: AddProduct
    ) -> None:
        # Given
        await add(1, quantity=5)
        await services.decisions.decide([placed(10, {1: 2})])
        await database["products"].update_one({}, {"$set": {"archived": True}})
        # When
        await services.decisions.cancel([cancelled(10)])
        # Then
        assert await stock(database) == {an_id(1): 5}


class TestGuards:
    async def test_refuses_to_take_stock_that_was_taken_meanwhile(
        self, services: Services, database: Database, add: AddProduct, clock: FakeClock
    ) -> None:
        # Given
        await add(1, quantity=1)
        # When / Then
        with pytest.raises(GuardMissedError):
            await ProductRepository(database).change_stock({an_id(1): -2}, clock(), session=None)
        assert await stock(database) == {an_id(1): 1}
