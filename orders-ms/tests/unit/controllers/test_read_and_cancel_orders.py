from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from orders.dependencies import Services
from orders.models.order import Order
from shopkit.contract.events import OrderStatusUpdate
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.hostile import hostile_urls
from shopkit.testing.proofs import account_id_of, caller_headers

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = caller_headers("aaa@aaa.com")
STRANGER = caller_headers("bbb@bbb.com")
ADMIN = caller_headers("admin@aaa.com", "admin")
BAD_IDS = ["1", "x" * 24, "A" * 24, "0" * 23, "0" * 25, "0" * 24 + "%0A"]


@pytest.fixture(autouse=True)
async def _shelf(know: Know) -> None:
    await know(state(1, quantity=1_000))


async def settle(services: Services, order: Order, status: str, **more: Any) -> None:
    outcome = {"order_id": order.id, "status": status, **more}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])


class TestList:
    async def test_lists_the_callers_own_orders_page_by_page(
        self, client: httpx2.AsyncClient, place: Place, clock: FakeClock
    ) -> None:
        # Given
        ids = []
        for _ in range(3):
            ids.append((await place({1: 1})).id)
            clock.advance(seconds=1)
        await place({1: 1}, email="bbb@bbb.com")
        # When
        first = (await client.get("/api/orders?limit=2", headers=OWNER)).json()
        second = (
            await client.get(
                "/api/orders", params={"limit": 2, "cursor": first["next_cursor"]}, headers=OWNER
            )
        ).json()
        # Then
        shown = [order["id"] for page in (first, second) for order in page["orders"]]
        assert shown == ids[::-1]
        assert second["next_cursor"] is None

    async def test_lists_only_their_own_orders_for_admins_too(
        self, client: httpx2.AsyncClient, place: Place
    ) -> None:
        await place({1: 1})
        response = await client.get("/api/orders", headers=ADMIN)
        assert (response.status_code, response.json()) == (200, {"orders": [], "next_cursor": None})

    async def test_lists_20_orders_by_default(
        self, client: httpx2.AsyncClient, place: Place
    ) -> None:
        for _ in range(21):
            await place({1: 1})
        page = (await client.get("/api/orders", headers=OWNER)).json()
        assert len(page["orders"]) == 20
        assert page["next_cursor"] is not None

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=%00", "cursor"),
            (f"cursor={'a' * 4_001}", "cursor"),
        ],
    )
    async def test_names_the_invalid_parameter(
        self, client: httpx2.AsyncClient, query: str, field: str
    ) -> None:
        response = await client.get(f"/api/orders?{query}", headers=OWNER)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]

    async def test_refuses_visitors(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/api/orders")
        assert (response.status_code, response.json()["type"]) == (401, "/problems/unauthenticated")


class TestGet:
    @pytest.mark.parametrize("caller", [OWNER, ADMIN])
    async def test_returns_the_order_with_its_history_and_reasons(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        place: Place,
        clock: FakeClock,
        caller: dict[str, str],
    ) -> None:
        # Given
        order = await place({1: 2})
        clock.advance(seconds=1)
        await settle(
            services,
            order,
            "REJECTED",
            reason="Some items were unavailable.",
            lines=[{"product_id": an_id(1), "reason": "Only 1 left."}],
        )
        # When
        response = await client.get(f"/api/orders/{order.id}", headers=caller)
        # Then
        assert response.status_code == 200
        assert response.json() == {
            "id": order.id,
            "number": order.number,
            "email": "aaa@aaa.com",
            "account_id": account_id_of("aaa@aaa.com"),
            "status": "REJECTED",
            "reason": "Some items were unavailable.",
            "cost": 2.0,
            "total": 2.0,
            "can_cancel": False,
            "contact": {"name": "", "email": "aaa@aaa.com", "phone": ""},
            "delivery": {
                "method": "collection",
                "name": "Collection in the shop",
                "fee": 0.0,
                "days": None,
                "address": None,
            },
            "payment": {
                "method": "ON_COLLECTION",
                "state": "NONE",
                "due_at": None,
                "open": 0.0,
                "captured": 0.0,
                "refund_requested": 0.0,
                "refunded": 0.0,
                "transfer": None,
            },
            "fulfilment": {"state": "OPEN", "shipments": [], "closed": []},
            "note": "",
            "created_at": "2026-05-04T12:00:00Z",
            "cancel_confirmed": False,
            "products": [
                {
                    "product_id": an_id(1),
                    "name": "product 1",
                    "price": 1.0,
                    "quantity": 2,
                    "reason": "Only 1 left.",
                }
            ],
            "history": [
                {"status": "PENDING", "at": "2026-05-04T12:00:00Z"},
                {"status": "REJECTED", "at": "2026-05-04T12:00:01Z"},
            ],
        }

    async def test_does_not_find_an_order_of_someone_else(
        self, client: httpx2.AsyncClient, place: Place
    ) -> None:
        # Given
        order = await place({1: 2})
        # When
        others = await client.get(f"/api/orders/{order.id}", headers=STRANGER)
        unknown = await client.get(f"/api/orders/{an_id(77)}", headers=STRANGER)
        # Then
        for response in (others, unknown):
            assert response.status_code == 404
            assert response.json()["type"] == "/problems/not-found"
        assert others.json()["detail"] == f"There is no order {order.id}."

    @pytest.mark.parametrize("bad", BAD_IDS)
    async def test_refuses_an_invalid_id(self, client: httpx2.AsyncClient, bad: str) -> None:
        response = await client.get(f"/api/orders/{bad}", headers=OWNER)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["order_id"]

    async def test_refuses_visitors(self, client: httpx2.AsyncClient, place: Place) -> None:
        order = await place({1: 2})
        assert (await client.get(f"/api/orders/{order.id}")).status_code == 401


class TestCancel:
    @pytest.mark.parametrize("caller", [OWNER, ADMIN])
    @pytest.mark.parametrize("accepted", [False, True])
    async def test_cancels_a_pending_or_accepted_order(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        place: Place,
        transactions: FakeTransactions,
        caller: dict[str, str],
        accepted: bool,
    ) -> None:
        # Given
        order = await place({1: 2})
        if accepted:
            await settle(services, order, "ACCEPTED")
        # When
        response = await client.post(f"/api/orders/{order.id}/cancel", headers=caller)
        # Then
        assert response.status_code == 202
        assert response.json()["status"] == "CANCELLED"
        assert response.json()["cancel_confirmed"] is False
        assert transactions.published_ids == [f"OrderCancel/{order.id}"]

    @pytest.mark.parametrize("status", ["REJECTED", "CANCELLED"])
    async def test_refuses_an_order_with_a_final_status(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        place: Place,
        database: Database,
        transactions: FakeTransactions,
        status: str,
    ) -> None:
        # Given
        order = await place({1: 2})
        await settle(services, order, status)
        before = await database["orders"].find_one({})
        # When
        response = await client.post(f"/api/orders/{order.id}/cancel", headers=OWNER)
        # Then
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/not-cancellable"
        assert (
            response.json()["detail"] == f"The order is {status.lower()} and cannot be cancelled."
        )
        assert await database["orders"].find_one({}) == before
        assert transactions.published == []

    @pytest.mark.parametrize(("caller", "status"), [(STRANGER, 404), ({}, 401)])
    async def test_refuses_other_shoppers(
        self,
        client: httpx2.AsyncClient,
        place: Place,
        database: Database,
        transactions: FakeTransactions,
        caller: dict[str, str],
        status: int,
    ) -> None:
        # Given
        order = await place({1: 2})
        before = await database["orders"].find_one({})
        # When
        response = await client.post(f"/api/orders/{order.id}/cancel", headers=caller)
        # Then
        assert response.status_code == status
        assert await database["orders"].find_one({}) == before
        assert transactions.published == []

    async def test_does_not_find_an_unknown_order(self, client: httpx2.AsyncClient) -> None:
        response = await client.post(f"/api/orders/{an_id(77)}/cancel", headers=OWNER)
        assert response.status_code == 404

    @pytest.mark.parametrize("bad", BAD_IDS)
    async def test_refuses_an_invalid_id(self, client: httpx2.AsyncClient, bad: str) -> None:
        assert (await client.post(f"/api/orders/{bad}/cancel", headers=OWNER)).status_code == 422


class TestParameters:
    async def test_of_any_text_get_an_answer(
        self, client: httpx2.AsyncClient, place: Place
    ) -> None:
        await place({1: 1})
        document = (await client.get("/openapi.json")).json()
        # The dead letters need running consumers. shopkit tests them.
        for url in hostile_urls(document, without="dead-letters"):
            if not url.startswith("/api/orders/stream"):
                assert (await client.get(url, headers=ADMIN)).status_code < 500, url

    @pytest.mark.parametrize("days", ["1_0", "%D9%A5", "%205", "%2B5", "5.0", "1e1"])
    async def test_with_numbers_are_in_ascii_digits(
        self, client: httpx2.AsyncClient, days: str
    ) -> None:
        assert (await client.get(f"/api/admin/stats?days={days}", headers=ADMIN)).status_code == 422


class TestFilters:
    @pytest.mark.parametrize("email", ["aaa@aaa.com", " AAA@aaa.COM ", "aaa@aaa.com\u00a0"])
    async def test_find_the_orders_of_an_email_however_it_is_typed(
        self, client: httpx2.AsyncClient, place: Place, email: str
    ) -> None:
        # Given
        order = await place({1: 1})
        await place({1: 1}, email="bbb@bbb.com")
        # When
        response = await client.get("/api/admin/orders", params={"email": email}, headers=ADMIN)
        # Then
        assert [found["id"] for found in response.json()["orders"]] == [order.id]
