"""What admins see and do: everyone's orders, figures, parked events, and who changed what."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from tests.integration.shop import Place, Shop

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.dependencies import Services
from orders.main import create_app
from orders.models.order import Order
from orders.settings import OrdersSettings
from shopkit.clock import utc_now
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.handlers import applier
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.apps import client_of
from shopkit.testing.deliveries import decided
from shopkit.testing.proofs import caller_headers

ADMIN = caller_headers("admin@admin.com", "admin")
LETTERS = "/api/admin/dead-letters/orders"


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    letters = DeadLetterService(
        transactions=MongoTransactions(shop.orders_db.client),
        letters=DeadLetterRepository(shop.orders_db),
        trail=shop.orders.trail,
        apply=applier(
            {
                "shop.order-status": status_table(shop.orders.orders),
                "shop.products": products_table(shop.orders.projection),
            }
        ),
        clock=utc_now,
    )

    @asynccontextmanager
    async def run(_settings: OrdersSettings) -> AsyncIterator[Services]:
        yield replace(shop.orders, dead_letters=letters)

    async with client_of(create_app(shop.orders_settings, run)) as client:
        client.headers.update(ADMIN)
        yield client


async def settle(shop: Shop, order: Order, status: str) -> None:
    delivery = decided(1, status)
    event = delivery.event.model_copy(update={"order_id": order.id})
    await shop.orders.orders.settle([type(delivery)(event, delivery.trace_context, delivery.time)])


@pytest.fixture
async def sold(shop: Shop, place: Place) -> list[Order]:
    """Three orders: accepted, rejected and pending, of two shoppers; the first is of yesterday."""
    await shop.know(await shop.add(1, 100), await shop.add(2, 3))
    orders = [
        await place({1: 2, 2: 1}),
        await place({1: 5}),
        await place({1: 1}, email="bbb@bbb.com"),
    ]
    await settle(shop, orders[0], "ACCEPTED")
    await settle(shop, orders[1], "REJECTED")
    yesterday = utc_now() - timedelta(days=1)
    await shop.orders_db["orders"].update_one(
        {"status": "ACCEPTED"}, {"$set": {"created_at": yesterday, "history.0.at": yesterday}}
    )
    return orders


class TestOrders:
    async def test_lists_all_orders_newest_first_with_all_filters(
        self, client: httpx2.AsyncClient, sold: list[Order]
    ) -> None:
        async def ids(**query: str) -> list[str]:
            response = await client.get("/api/admin/orders", params=query)
            assert response.status_code == 200, response.text
            return [order["id"] for order in response.json()["orders"]]

        first, second, third = (order.id for order in sold)
        assert await ids() == [third, second, first]
        assert await ids(status="REJECTED") == [second]
        assert await ids(email="bbb@bbb.com") == [third]
        assert await ids(email="bbb@bbb.com", status="REJECTED") == []
        assert await ids(email=" BBB") == [third]
        assert await ids(email="AAA.com") == [second, first]
        assert await ids(email="bb.com") == []
        assert await ids(customer="bbb@bbb.com") == [third]
        assert await ids(customer="bbb") == []
        an_hour_ago = (utc_now() - timedelta(hours=1)).isoformat()
        assert await ids(since=an_hour_ago) == [third, second]
        assert await ids(until=an_hour_ago) == [first]
        page = (await client.get("/api/admin/orders", params={"limit": "2"})).json()
        assert await ids(limit="2", cursor=page["next_cursor"]) == [first]

    @pytest.mark.parametrize("path", ["/api/admin/orders", "/api/admin/stats", LETTERS])
    async def test_refuses_callers_who_are_not_admins(
        self, client: httpx2.AsyncClient, sold: list[Order], path: str
    ) -> None:
        user = await client.get(path, headers=caller_headers("aaa@aaa.com"))
        visitor = await client.get(path, headers=caller_headers("", "visitor"))
        assert (user.status_code, visitor.status_code) == (403, 401)


class TestStatistics:
    async def test_counts_orders_by_day_and_the_revenue_of_accepted_ones(
        self, shop: Shop, client: httpx2.AsyncClient, sold: list[Order]
    ) -> None:
        # Given
        await shop.orders.counting.recount()
        # When
        figures = (await client.get("/api/admin/stats", params={"days": "3"})).json()
        # Then
        assert [(day["orders"], day["revenue"]) for day in figures["days"]] == [
            (0, 0),
            (1, 3.0),
            (2, 0),
        ]
        assert figures["time_zone"] == "UTC"
        assert figures["days"][-1]["day"] == utc_now().date().isoformat()
        assert [
            (product["name"], product["quantity"], product["revenue"])
            for product in figures["best_sellers"]
        ] == [("product 1", 2, 2.0), ("product 2", 1, 1.0)]
        assert [(product["name"], product["quantity"]) for product in figures["low_stock"]] == [
            ("product 2", 3)
        ]
        assert figures["pending"] == 1

    @pytest.mark.parametrize("days", ["0", "367", "x"])
    async def test_refuses_an_invalid_number_of_days(
        self, client: httpx2.AsyncClient, days: str
    ) -> None:
        assert (await client.get("/api/admin/stats", params={"days": days})).status_code == 422


class TestCancel:
    async def test_audits_an_admins_cancellation_of_a_shoppers_order(
        self, client: httpx2.AsyncClient, sold: list[Order]
    ) -> None:
        # When
        response = await client.post(f"/api/orders/{sold[2].id}/cancel")
        # Then
        assert (response.status_code, response.json()["status"]) == (202, "CANCELLED")
        entries = (await client.get("/api/admin/audit/orders")).json()["entries"]
        assert [(entry["actor"], entry["action"], entry["subject"]) for entry in entries] == [
            ("admin@admin.com", "cancel order", sold[2].id)
        ]


def contrary(order: Order) -> Record:
    event = decided(1, "REJECTED").event.model_copy(update={"order_id": order.id})
    headers = (("ce_type", b"OrderStatusUpdate"), ("ce_time", b"2026-05-04T12:00:00Z"))
    value = event.model_dump_json().encode()
    return Record("shop.order-status", 0, 7, order.id.encode(), value, headers)


class TestDeadLetters:
    @pytest.fixture
    async def letter(self, shop: Shop, sold: list[Order]) -> Record:
        """An event that says REJECTED of the order that is pending, parked for some reason."""
        record = contrary(sold[2])
        await DeadLetterRepository(shop.orders_db).add(record, "a reason")
        return record

    async def test_lists_and_returns_dead_letters(
        self, client: httpx2.AsyncClient, letter: Record, sold: list[Order]
    ) -> None:
        # When
        listed = (await client.get(LETTERS)).json()
        body = (await client.get(f"{LETTERS}/{letter.id}")).json()
        # Then
        assert listed == {"dead_letters": [body], "next_cursor": None}
        assert (body["type"], body["key"], body["reason"], body["status"], body["offset"]) == (
            "OrderStatusUpdate",
            sold[2].id,
            "a reason",
            "parked",
            7,
        )
        assert json.loads(body["event"])["order_id"] == sold[2].id
        assert (await client.get(f"{LETTERS}?status=discarded")).json()["dead_letters"] == []

    async def test_a_replay_applies_the_event_and_updates_the_status(
        self, shop: Shop, client: httpx2.AsyncClient, letter: Record
    ) -> None:
        # When
        response = await client.post(f"{LETTERS}/{letter.id}/replay")
        again = await client.post(f"{LETTERS}/{letter.id}/replay")
        # Then
        assert (response.status_code, response.json()["status"]) == (200, "replayed")
        assert (again.status_code, again.json()["type"]) == (
            409,
            "/problems/dead-letter-settled",
        )
        assert await shop.statuses() == {"ACCEPTED": 1, "REJECTED": 2}
        entries = (await client.get("/api/admin/audit/orders")).json()["entries"]
        assert entries[0]["action"] == "dead letter: replay"

    async def test_a_replay_that_fails_again_leaves_it_parked(
        self, shop: Shop, client: httpx2.AsyncClient, sold: list[Order]
    ) -> None:
        # Given
        record = contrary(sold[0])
        await DeadLetterRepository(shop.orders_db).add(record, "contrary")
        # When
        response = await client.post(f"{LETTERS}/{record.id}/replay")
        # Then
        assert (response.status_code, response.json()["type"]) == (409, "/problems/replay-failed")
        body = (await client.get(f"{LETTERS}/{record.id}")).json()
        assert body["status"] == "parked"
        assert [step["action"] for step in body["history"]] == ["replay failed"]

    async def test_discards_without_applying_and_keeps_the_reason(
        self, shop: Shop, client: httpx2.AsyncClient, letter: Record
    ) -> None:
        # When
        response = await client.post(f"{LETTERS}/{letter.id}/discard", json={"reason": " a test "})
        late = await client.post(f"{LETTERS}/{letter.id}/replay")
        # Then
        assert response.json()["status"] == "discarded"
        assert [step["detail"] for step in response.json()["history"]] == ["a test"]
        assert late.status_code == 409
        assert await shop.statuses() == {"ACCEPTED": 1, "REJECTED": 1, "PENDING": 1}

    async def test_invalid_requests_change_nothing(
        self, client: httpx2.AsyncClient, letter: Record
    ) -> None:
        assert (await client.get(f"{LETTERS}/{'0' * 64}")).status_code == 404
        assert (await client.get(f"{LETTERS}/short")).status_code == 422
        assert (await client.post(f"{LETTERS}/{'0' * 64}/replay")).status_code == 404
        refused = await client.post(f"{LETTERS}/{letter.id}/discard", json={"reason": " "})
        assert refused.status_code == 422
        assert (await client.get(f"{LETTERS}/{letter.id}")).json()["status"] == "parked"
