from collections.abc import Awaitable, Callable

import httpx2
import pytest

from products.dependencies import Services
from products.models.product import Product
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id, placed

AddProduct = Callable[..., Awaitable[Product]]


class TestProducts:
    async def test_lists_products_after_an_id(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        # Given
        for number in (3, 1, 2):
            await add(number)
        # When
        every = (await client.get("/internal/products")).json()
        later = (await client.get(f"/internal/products?after={an_id(2)}")).json()
        # Then
        assert [product["id"] for product in every["products"]] == [an_id(1), an_id(2), an_id(3)]
        assert later == {
            "products": [
                {
                    "id": an_id(3),
                    "name": "product 3",
                    "price_cents": 100,
                    "quantity": 10,
                    "archived": False,
                    "version": 2,
                }
            ]
        }

    async def test_refuses_an_invalid_id(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/internal/products?after=x")).status_code == 422


class TestResend:
    async def test_sends_products_again_with_a_version_above_both(
        self, client: httpx2.AsyncClient, add: AddProduct, transactions: FakeTransactions
    ) -> None:
        # Given
        await add(1)
        await add(2)
        # When
        response = await client.post(
            "/internal/products/resend",
            json={
                "products": [
                    {"id": an_id(1), "version": 0},
                    {"id": an_id(2), "version": 9},
                    {"id": an_id(77), "version": 0},
                ]
            },
        )
        # Then
        assert response.status_code == 202
        assert transactions.published_ids == [
            f"ProductUpdate/{an_id(1)}/3",
            f"ProductUpdate/{an_id(2)}/10",
        ]
        product = (await client.get(f"/api/products/{an_id(2)}")).json()
        assert product["version"] == 10

    async def test_skips_unknown_products(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        body = {"products": [{"id": an_id(77), "version": 0}]}
        assert (await client.post("/internal/products/resend", json=body)).status_code == 202
        assert transactions.published == []


class TestOrders:
    async def test_lists_decisions_with_their_ages(
        self, client: httpx2.AsyncClient, services: Services, add: AddProduct, clock: FakeClock
    ) -> None:
        # Given
        await add(1, quantity=1)
        await services.decisions.decide([placed(10, {1: 1}), placed(11, {1: 1})])
        clock.advance(seconds=90)
        # When
        every = (await client.get("/internal/orders")).json()
        later = (await client.get(f"/internal/orders?after={an_id(10)}")).json()
        # Then
        assert every["orders"] == [
            {"id": an_id(10), "status": "ACCEPTED", "age_seconds": 90.0},
            {"id": an_id(11), "status": "REJECTED", "age_seconds": 90.0},
        ]
        assert later["orders"] == every["orders"][1:]


class TestCancel:
    async def test_returns_the_stock_of_unknown_orders(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        add: AddProduct,
        database: Database,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add(1, quantity=5)
        await services.decisions.decide([placed(10, {1: 2})])
        transactions.published.clear()
        # When
        response = await client.post("/internal/orders/cancel", json={"ids": [an_id(10)]})
        # Then
        assert response.status_code == 202
        product = await database["products"].find_one({})
        assert product is not None
        assert product["quantity"] == 5
        assert transactions.published_ids[0] == f"OrderStatusUpdate/{an_id(10)}/CANCELLED"


class TestDocumentation:
    @pytest.mark.parametrize("path", ["/internal/products", "/internal/orders"])
    async def test_is_not_part_of_the_api_document(
        self, client: httpx2.AsyncClient, path: str
    ) -> None:
        assert path not in (await client.get("/openapi.json")).json()["paths"]
