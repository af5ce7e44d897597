from collections.abc import Awaitable, Callable

import httpx2
import pytest

from products.dependencies import Services
from products.models.product import Product
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.contract.internal import digest_orders, digest_products
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id, placed
from shopkit.testing.proofs import caller_headers, service_headers

AddProduct = Callable[..., Awaitable[Product]]

OWN, ORDERS_DB, OTHER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(autouse=True)
async def own_identity(database: Database, client: httpx2.AsyncClient) -> None:
    """Give products-db an identity, and let the client call from orders-db."""
    await database["database_identity"].insert_one({"_id": "own", "identity": OWN})
    client.headers["Orders-Database"] = ORDERS_DB
    client.headers.update(service_headers("orders-ms", "products-ms"))


class TestProof:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "database", None),
            ("PUT", "database", {"identity": OTHER}),
            ("GET", "products", None),
            ("GET", "products/digest", None),
            ("POST", "products/resend", {"products": []}),
            ("GET", "orders", None),
            ("GET", "orders/digest", None),
            ("POST", "orders/cancel", {"ids": [an_id(1)]}),
        ],
    )
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-User-Role": "admin", "X-User-Email": "admin@admin.com"},
            {"Authorization": "Basic YTpi"},
            caller_headers("admin@admin.com", "admin"),
            service_headers("gateway-ms", "products-ms"),
            service_headers("orders-ms", "authentication-ms"),
        ],
    )
    async def test_refuses_everyone_but_orders_ms_and_changes_nothing(
        self,
        client: httpx2.AsyncClient,
        transactions: FakeTransactions,
        method: str,
        path: str,
        body: dict[str, object] | None,
        headers: dict[str, str],
    ) -> None:
        # Given
        del client.headers["Authorization"]
        # When
        response = await client.request(method, f"/internal/{path}", json=body, headers=headers)
        # Then
        assert response.status_code == 401
        assert response.json()["detail"] == "The request does not prove who sent it."
        assert transactions.published == []


class TestDatabase:
    async def test_returns_its_identity_and_remembers_that_of_orders_db(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert (await client.get("/internal/database")).json() == {"identity": OWN}
        known = {"Products-Database": OWN}
        assert (await client.get("/internal/orders", headers=known)).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "database"),
            ("GET", "products"),
            ("GET", "products/digest"),
            ("POST", "products/resend"),
            ("GET", "orders"),
            ("GET", "orders/digest"),
            ("POST", "orders/cancel"),
        ],
    )
    @pytest.mark.parametrize(
        ("headers", "detail"),
        [
            (
                {"Orders-Database": OTHER},
                f"This is orders-db {OTHER}, but it was {ORDERS_DB} before.",
            ),
            ({"Products-Database": OTHER}, f"This is products-db {OWN}, not {OTHER}."),
        ],
    )
    async def test_refuses_other_databases_everywhere(
        self,
        client: httpx2.AsyncClient,
        transactions: FakeTransactions,
        method: str,
        path: str,
        headers: dict[str, str],
        detail: str,
    ) -> None:
        # Given
        assert (await client.get("/internal/database")).status_code == 200
        body = {"products": [], "ids": [an_id(1)]} if method == "POST" else None
        # When
        response = await client.request(method, f"/internal/{path}", json=body, headers=headers)
        # Then
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/other-database"
        assert response.json()["detail"] == detail
        assert transactions.published == []

    async def test_refuses_callers_without_an_identity(self, client: httpx2.AsyncClient) -> None:
        del client.headers["Orders-Database"]
        assert (await client.get("/internal/orders")).status_code == 422

    async def test_is_unavailable_before_the_database_is_migrated(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        await database["database_identity"].delete_many({})
        assert (await client.get("/internal/orders")).status_code == 503

    async def test_accepts_another_orders_db(self, client: httpx2.AsyncClient) -> None:
        # Given
        await client.get("/internal/database")
        other = {"Orders-Database": OTHER}
        assert (await client.get("/internal/database", headers=other)).status_code == 409
        # When
        response = await client.put("/internal/database", json={"identity": OTHER})
        # Then
        assert response.json() == {"identity": OWN}
        assert (await client.get("/internal/database", headers=other)).status_code == 200
        assert (await client.get("/internal/database")).status_code == 409


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

    async def test_digests_the_products_that_it_lists(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        # Given
        for number in (1, 2, 3):
            await add(number)
        query = f"after={an_id(1)}&until={an_id(2)}"
        # When
        listed = (await client.get(f"/internal/products?{query}")).json()["products"]
        digest = (await client.get(f"/internal/products/digest?{query}")).json()
        # Then
        assert [product["id"] for product in listed] == [an_id(2)]
        states = [ProductState.model_validate(product) for product in listed]
        assert digest == {"count": 1, "last": an_id(2), "digest": digest_products(states)}

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
        assert (response.status_code, response.json()) == (202, {"unknown": [an_id(77)]})
        assert transactions.published_ids == [
            f"ProductUpdate/{an_id(1)}/3",
            f"ProductUpdate/{an_id(2)}/10",
        ]
        admin = caller_headers("admin@aaa.com", "admin")
        product = (await client.get(f"/api/products/{an_id(2)}", headers=admin)).json()
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

    async def test_digests_the_decisions_that_it_lists(
        self, client: httpx2.AsyncClient, services: Services, add: AddProduct
    ) -> None:
        # Given
        await add(1, quantity=1)
        await services.decisions.decide([placed(number, {1: 1}) for number in (10, 11, 12)])
        query = f"after={an_id(9)}&until={an_id(11)}"
        # When
        digest = (await client.get(f"/internal/orders/digest?{query}")).json()
        nothing = (await client.get(f"/internal/orders/digest?after={an_id(99)}")).json()
        # Then
        decided = [(an_id(10), OrderStatus.ACCEPTED), (an_id(11), OrderStatus.REJECTED)]
        assert digest == {"count": 2, "last": an_id(11), "digest": digest_orders(decided)}
        assert nothing == {"count": 0, "last": None, "digest": digest_orders([])}


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
