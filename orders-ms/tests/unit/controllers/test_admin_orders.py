"""The orders of all customers, which only admins can read."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.repositories import orders as repository
from shopkit.contract.events import OrderStatusUpdate
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import delivery, state
from shopkit.testing.proofs import caller_headers

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

ADMIN = caller_headers("admin@aaa.com", "admin")
TOTALS = "/api/admin/orders/totals"
CUSTOMERS = ("ada@example.com", "ben@shop.test", "ada.b@example.org", "ada@example.com")


@pytest.fixture(autouse=True)
async def orders(know: Know, place: Place, clock: FakeClock) -> list[Order]:
    """An order of each customer, oldest first."""
    await know(state(1, quantity=1_000))
    orders = []
    for count, email in enumerate(CUSTOMERS, start=1):
        orders.append(await place({1: count}, email=email))
        clock.advance(seconds=1)
    return orders


async def settle(services: Services, order: Order, status: str) -> None:
    outcome = OrderStatusUpdate.model_validate({"order_id": order.id, "status": status})
    await services.orders.settle([delivery(outcome)])


class TestList:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [3, 2, 1, 0]),
            ({"email": "  ADA "}, [3, 2, 0]),
            ({"email": "Example.com"}, [3, 0]),
            ({"email": "@example"}, [3, 2, 0]),
            ({"email": "ada@example.co"}, [3, 0]),
            ({"email": "da@"}, []),
            ({"email": ".*"}, []),
            ({"email": "   "}, [3, 2, 1, 0]),
            ({"customer": " ADA@example.com "}, [3, 0]),
            ({"customer": "ada@example.co"}, []),
            ({"customer": "ada@example.com", "email": "ben"}, []),
        ],
    )
    async def test_finds_orders_by_their_customers_newest_first(
        self,
        client: httpx2.AsyncClient,
        orders: list[Order],
        query: dict[str, str],
        expected: list[int],
    ) -> None:
        response = await client.get("/api/admin/orders", params=query, headers=ADMIN)
        shown = [order["id"] for order in response.json()["orders"]]
        assert shown == [orders[number].id for number in expected]

    async def test_pages_of_a_search_are_complete(
        self, client: httpx2.AsyncClient, orders: list[Order]
    ) -> None:
        query: dict[str, Any] = {"email": "ada", "limit": 1}
        shown = []
        for _ in range(3):
            page = (await client.get("/api/admin/orders", params=query, headers=ADMIN)).json()
            shown += [order["id"] for order in page["orders"]]
            query["cursor"] = page["next_cursor"]
        assert shown == [orders[number].id for number in (3, 2, 0)]
        assert query["cursor"] is None

    async def test_finds_orders_of_a_replica_of_the_previous_release_a_moment_later(
        self, client: httpx2.AsyncClient, services: Services, database: Database
    ) -> None:
        # Given
        await database["orders"].update_many({}, {"$unset": {"client_email_keys": ""}})
        # When
        await services.orders.add_missing_keys()
        # Then
        response = await client.get("/api/admin/orders?email=ada", headers=ADMIN)
        assert len(response.json()["orders"]) == 3

    async def test_refuses_a_text_that_is_too_long(self, client: httpx2.AsyncClient) -> None:
        query = {"email": "a" * 321}
        response = await client.get("/api/admin/orders", params=query, headers=ADMIN)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "email")


class TestTotals:
    async def test_adds_up_the_orders_of_a_customer(
        self, client: httpx2.AsyncClient, services: Services, orders: list[Order]
    ) -> None:
        # Given
        await settle(services, orders[3], "ACCEPTED")
        # When
        response = await client.get(f"{TOTALS}?customer=ADA@example.com", headers=ADMIN)
        # Then
        assert (response.status_code, response.json()) == (
            200,
            {
                "orders": 2,
                "pending": 1,
                "accepted": 1,
                "rejected": 0,
                "cancelled": 0,
                "spent": 4.0,
                "capped": False,
            },
        )

    async def test_of_someone_without_orders_are_zero(self, client: httpx2.AsyncClient) -> None:
        totals = (await client.get(f"{TOTALS}?customer=ada", headers=ADMIN)).json()
        assert (totals["orders"], totals["spent"], totals["capped"]) == (0, 0.0, False)

    async def test_count_only_the_newest_orders(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        orders: list[Order],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(repository, "TOTALS_LIMIT", 1)
        for order in orders:
            await settle(services, order, "ACCEPTED")
        # When
        totals = (await client.get(f"{TOTALS}?customer=ada@example.com", headers=ADMIN)).json()
        # Then
        assert (totals["orders"], totals["spent"], totals["capped"]) == (1, 4.0, True)

    @pytest.mark.parametrize("query", ["", "?customer=", "?customer=%20"])
    async def test_require_a_customer(self, client: httpx2.AsyncClient, query: str) -> None:
        response = await client.get(TOTALS + query, headers=ADMIN)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "customer")

    @pytest.mark.parametrize(
        ("headers", "status"), [({}, 401), (caller_headers("ada@example.com"), 403)]
    )
    async def test_are_refused_to_everyone_but_admins(
        self, client: httpx2.AsyncClient, headers: dict[str, str], status: int
    ) -> None:
        response = await client.get(f"{TOTALS}?customer=ada@example.com", headers=headers)
        assert response.status_code == status
