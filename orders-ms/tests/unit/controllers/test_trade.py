"""Delivery, payment and shipment over HTTP: from the order to the parcel, and every refusal."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from orders.dependencies import Services
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.messaging.envelope import Delivery
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.proofs import caller_headers

Know = Callable[..., Awaitable[None]]
Json = dict[str, Any]

SHOPPER = caller_headers("aaa@aaa.com")
STRANGER = caller_headers("bbb@bbb.com")
ADMIN = caller_headers("admin@aaa.com", "admin")
PARCEL: Json = {
    "name": "Parcel",
    "countries": ["FR", "DE"],
    "fees": [{"from": 0, "fee": 4.9}, {"from": 50, "fee": 2.9}],
    "free_from": 100,
    "days": 3,
}
BERLIN: Json = {
    "name": "Ann Lee",
    "lines": ["Unter den Linden 1"],
    "postcode": "10117",
    "city": "Berlin",
    "country": "DE",
}
BODY: Json = {
    "products": [{"id": an_id(1), "quantity": 2, "price": 10}],
    "contact": {"name": "Ann", "phone": "+49 30 1234"},
    "delivery": {"method": "parcel", "fee": 4.9, "address": BERLIN},
    "payment": {"method": "TRANSFER"},
    "note": " Ring twice. ",
}


def accepted(order_id: str) -> Delivery[OrderStatusUpdate]:
    outcome = {"order_id": order_id, "status": OrderStatus.ACCEPTED}
    return delivery(OrderStatusUpdate.model_validate(outcome))


@pytest.fixture(autouse=True)
async def _shop(know: Know, client: httpx2.AsyncClient) -> None:
    await know(state(1, price_cents=1_000, quantity=100))
    await put_method(client)


async def put_method(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    response = await client.put(
        "/api/admin/delivery-methods/parcel", json=PARCEL | changes, headers=ADMIN
    )
    assert response.status_code == 200, response.text
    return response


Order = Callable[..., Awaitable[str]]


@pytest.fixture
def order(client: httpx2.AsyncClient, services: Services, transactions: FakeTransactions) -> Order:
    """Places an order that is accepted, and returns its id."""

    async def order(body: Json = BODY) -> str:
        response = await client.post("/api/orders", json=body, headers=SHOPPER)
        assert response.status_code == 201, response.text
        order_id: str = response.json()["id"]
        await services.orders.settle([accepted(order_id)])
        transactions.mails.clear()
        return order_id

    return order


@pytest.fixture
def post(client: httpx2.AsyncClient) -> Callable[..., Awaitable[httpx2.Response]]:
    """Records something about an order."""

    async def post(order_id: str, what: str, body: Json, key: str = "") -> httpx2.Response:
        headers = ADMIN | ({"Idempotency-Key": key} if key else {})
        return await client.post(f"/api/admin/orders/{order_id}/{what}", json=body, headers=headers)

    return post


Post = Callable[..., Awaitable[httpx2.Response]]


def problem(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


class TestPlace:
    async def test_stores_how_the_order_is_delivered_and_paid(
        self, client: httpx2.AsyncClient, order: Order
    ) -> None:
        # When
        order_id = await order()
        # Then
        body = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()
        assert (body["cost"], body["total"], body["note"]) == (20.0, 24.9, "Ring twice.")
        assert body["contact"] == {
            "name": "Ann",
            "email": "aaa@aaa.com",
            "phone": "+49 30 1234",
        }
        assert body["delivery"] == {
            "method": "parcel",
            "name": "Parcel",
            "fee": 4.9,
            "days": 3,
            "address": {"company": "", "region": "", "phone": "", **BERLIN},
        }
        assert body["payment"] == {
            "method": "TRANSFER",
            "state": "DUE",
            "due_at": "2026-05-11T12:00:00Z",
            "open": 24.9,
            "captured": 0.0,
            "refund_requested": 0.0,
            "refunded": 0.0,
            "transfer": {
                "iban": "DE02120300000000202051",
                "bic": "BYLADEM1001",
                "holder": "Kiosk Ltd",
                "amount": 24.9,
                "reference": body["number"],
            },
        }

    @pytest.mark.parametrize(
        ("changes", "status", "kind", "field"),
        [
            (
                {"delivery": {**BODY["delivery"], "fee": 1}},
                409,
                "price-changed",
                "delivery.fee",
            ),
            (
                {"delivery": {**BODY["delivery"], "method": "gone"}},
                409,
                "delivery-unavailable",
                "delivery.method",
            ),
            (
                {
                    "delivery": {
                        "method": "parcel",
                        "address": BERLIN | {"country": "IE", "postcode": "D02 AF30"},
                    }
                },
                409,
                "no-delivery",
                "delivery.address.country",
            ),
            (
                {"delivery": {"method": "parcel", "address": BERLIN | {"postcode": "1"}}},
                422,
                "validation",
                "delivery.address.postcode",
            ),
            ({"delivery": {"method": "parcel"}}, 422, "validation", "delivery"),
            (
                {"delivery": {"method": "collection", "address": BERLIN}},
                422,
                "validation",
                "delivery",
            ),
            ({"payment": {"method": "CASH"}}, 422, "validation", "payment.method"),
            ({"payment": {"method": "CARD"}}, 409, "payment-unavailable", "payment.method"),
            ({"note": "x" * 1_001}, 422, "validation", "note"),
        ],
    )
    async def test_refuses_what_cannot_be_delivered_or_paid(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        changes: Json,
        status: int,
        kind: str,
        field: str,
    ) -> None:
        response = await client.post("/api/orders", json=BODY | changes, headers=SHOPPER)

        assert problem(response) == (status, f"/problems/{kind}")
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert await database["orders"].count_documents({}) == 0

    async def test_a_delivered_order_is_not_paid_on_collection(
        self, client: httpx2.AsyncClient
    ) -> None:
        body = {name: value for name, value in BODY.items() if name != "payment"}
        response = await client.post("/api/orders", json=body, headers=SHOPPER)
        assert problem(response) == (422, "/problems/validation")

    async def test_a_repeated_key_gets_the_order_as_it_was_placed(
        self, client: httpx2.AsyncClient, database: Database, services: Services, post: Post
    ) -> None:
        headers = SHOPPER | {"Idempotency-Key": "k"}
        first = await client.post("/api/orders", json=BODY, headers=headers)
        order_id = first.json()["id"]
        await services.orders.settle([accepted(order_id)])
        await post(order_id, "payments", {"amount": 24.9, "method": "TRANSFER"})
        await post(order_id, "shipments", {})
        again = await client.post("/api/orders", json=BODY, headers=headers)
        other = BODY | {"note": "Another"}
        refused = await client.post("/api/orders", json=other, headers=headers)
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert problem(refused) == (422, "/problems/idempotency-key-reused")
        assert await database["orders"].count_documents({}) == 1


class TestDeliveryMethods:
    async def offers(self, client: httpx2.AsyncClient, **query: Any) -> list[tuple[str, float]]:
        response = await client.get("/api/delivery-methods", params=query)
        assert response.status_code == 200, response.text
        return [(method["id"], method["fee"]) for method in response.json()["methods"]]

    async def test_offers_what_the_country_and_the_value_allow(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert await self.offers(client) == [("collection", 0.0)]
        assert await self.offers(client, country="IE") == [("collection", 0.0)]
        assert await self.offers(client, country="DE", value=49.99) == [
            ("collection", 0.0),
            ("parcel", 4.9),
        ]
        assert (await self.offers(client, country="DE", value=50))[1] == ("parcel", 2.9)
        assert (await self.offers(client, country="FR", value=100))[1] == ("parcel", 0.0)

    async def test_an_admin_edits_them(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # When
        changed = await put_method(client, name="By bike", free_from=None)
        # Then
        path = "/api/admin/delivery-methods/parcel"
        expected = PARCEL | {
            "id": "parcel",
            "name": "By bike",
            "free_from": None,
            "countries": ["DE", "FR"],
        }
        assert changed.json() == expected
        assert (await client.get(path, headers=ADMIN)).json() == expected
        listed = await client.get("/api/admin/delivery-methods", headers=ADMIN)
        assert listed.json() == {"methods": [expected]}
        assert (await client.delete(path, headers=ADMIN)).status_code == 204
        assert (await client.delete(path, headers=ADMIN)).status_code == 404
        actions = [row["action"] async for row in database["audit"].find()]
        assert actions == ["put delivery method"] * 2 + ["delete delivery method"]

    @pytest.mark.parametrize(
        ("path", "changes"),
        [
            ("collection", {}),
            ("Parcel", {}),
            ("parcel", {"fees": [{"from": 1, "fee": 1}]}),
            ("parcel", {"fees": [{"from": 0, "fee": 1}, {"from": 0, "fee": 2}]}),
            ("parcel", {"fees": []}),
            ("parcel", {"countries": ["Germany"]}),
        ],
    )
    async def test_refuses_methods_that_make_no_sense(
        self, client: httpx2.AsyncClient, path: str, changes: Json
    ) -> None:
        response = await client.put(
            f"/api/admin/delivery-methods/{path}", json=PARCEL | changes, headers=ADMIN
        )
        assert problem(response) == (422, "/problems/validation")

    async def test_orders_keep_the_fee_that_they_were_placed_with(
        self, client: httpx2.AsyncClient, order: Order
    ) -> None:
        order_id = await order()
        await put_method(client, fees=[{"from": 0, "fee": 9}])
        body = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()
        assert body["delivery"]["fee"] == 4.9


class TestQr:
    async def test_is_an_image_for_the_owner_only(
        self, client: httpx2.AsyncClient, order: Order, post: Post
    ) -> None:
        path = f"/api/orders/{await order()}/payment-qr"
        image = await client.get(path, headers=SHOPPER)
        assert (image.status_code, image.headers["content-type"]) == (200, "image/svg+xml")
        assert image.text.startswith("<svg ")
        assert problem(await client.get(path, headers=STRANGER)) == (404, "/problems/not-found")
        await post(path.split("/")[3], "payments", {"amount": 24.9, "method": "TRANSFER"})
        assert problem(await client.get(path, headers=SHOPPER)) == (404, "/problems/not-found")


class TestDesk:
    async def test_an_order_is_paid_shipped_and_delivered(
        self,
        client: httpx2.AsyncClient,
        order: Order,
        post: Post,
        transactions: FakeTransactions,
        clock: FakeClock,
    ) -> None:
        # Given
        order_id = await order()
        unpaid = await post(order_id, "shipments", {})
        # When
        paid = await post(order_id, "payments", {"amount": 24.9, "method": "TRANSFER"})
        parcel = {
            "lines": [{"product_id": an_id(1), "quantity": 1}],
            "carrier": "DHL",
            "tracking_number": "0034",
            "tracking_url": "https://dhl.example/0034",
        }
        clock.advance(hours=1)
        first = await post(order_id, "shipments", parcel)
        second = await post(order_id, "shipments", {})
        delivered = await post(order_id, "delivered", {})
        # Then
        assert problem(unpaid) == (409, "/problems/order-state")
        assert paid.json()["payment"]["state"] == "PAID"
        assert first.json()["fulfilment"]["state"] == "PARTLY_SHIPPED"
        assert first.json()["open_lines"] == [{"product_id": an_id(1), "quantity": 1}]
        [shipment] = first.json()["fulfilment"]["shipments"]
        assert shipment | {"id": ""} == parcel | {"id": "", "shipped_at": "2026-05-04T13:00:00Z"}
        assert second.json()["fulfilment"]["state"] == "SHIPPED"
        assert delivered.json()["fulfilment"]["state"] == "DELIVERED"
        assert delivered.json()["actions"] == ["note", "payment", "refund", "payout"]
        assert [(entry["by"], entry["action"]) for entry in delivered.json()["timeline"]] == [
            ("admin@aaa.com", action) for action in ("payment", "ship", "ship", "deliver")
        ]
        assert [mail.template for mail in transactions.mails] == [
            "payment-received",
            "order-shipped",
            "order-shipped",
            "order-delivered",
        ]
        assert transactions.mails[1].data["tracking_number"] == "0034"
        cancelled = await client.post(f"/api/orders/{order_id}/cancel", headers=SHOPPER)
        assert problem(cancelled) == (409, "/problems/not-cancellable")

    async def test_a_collection_is_paid_and_collected_in_one_step(
        self, order: Order, post: Post
    ) -> None:
        order_id = await order({"products": BODY["products"]})
        unpaid = await post(order_id, "collected", {})
        cash = {"payment": {"amount": 20, "method": "CASH"}}
        collected = await post(order_id, "collected", cash)
        assert problem(unpaid) == (409, "/problems/order-state")
        assert collected.json()["fulfilment"]["state"] == "COLLECTED"
        assert collected.json()["payment"]["captured"] == 20.0
        assert [entry["action"] for entry in collected.json()["timeline"]] == [
            "payment",
            "collect",
        ]

    async def test_a_repeated_key_records_a_payment_once(
        self, order: Order, post: Post, transactions: FakeTransactions
    ) -> None:
        # Given
        order_id, money = await order(), {"amount": 10, "method": "TRANSFER"}
        # When
        first = await post(order_id, "payments", money, "k")
        again = await post(order_id, "payments", money, "k")
        other = await post(order_id, "payments", money | {"amount": 11}, "k")
        # Then
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert problem(other) == (422, "/problems/idempotency-key-reused")
        assert (again.json()["payment"]["captured"], again.json()["payment"]["open"]) == (
            10.0,
            14.9,
        )
        assert transactions.mails == []

    async def test_cancelling_a_paid_order_requests_its_refund(
        self, client: httpx2.AsyncClient, order: Order, post: Post
    ) -> None:
        # Given
        order_id = await order()
        await post(order_id, "payments", {"amount": 24.9, "method": "TRANSFER"})
        # When
        response = await client.post(f"/api/orders/{order_id}/cancel", headers=SHOPPER)
        # Then
        assert response.json()["payment"]["refund_requested"] == 24.9
        listed = await client.get("/api/admin/orders?view=to-refund", headers=ADMIN)
        [found] = listed.json()["orders"]
        [refund] = found["refunds"]
        assert (refund["kind"], refund["paid_at"]) == ("CANCELLED", None)
        paid = await post(order_id, f"refunds/{refund['id']}/paid", {"reference": "R1"})
        assert paid.json()["payment"]["state"] == "REFUNDED"
        assert (await client.get("/api/admin/orders?view=to-refund", headers=ADMIN)).json() == {
            "orders": [],
            "next_cursor": None,
        }
        again = await post(order_id, f"refunds/{refund['id']}/paid", {"reference": "R1"})
        assert problem(again) == (409, "/problems/order-state")
        too_much = await post(order_id, "refunds", {"amount": 1, "reason": "More"})
        assert problem(too_much) == (409, "/problems/order-state")

    async def test_refuses_a_refund_of_more_than_was_paid(
        self, order: Order, post: Post, database: Database
    ) -> None:
        order_id = await order()
        await post(order_id, "payments", {"amount": 24.9, "method": "TRANSFER"})
        before = await database["orders"].find_one({})
        response = await post(order_id, "refunds", {"amount": 24.91, "reason": "More"})
        assert problem(response) == (409, "/problems/refund-exceeds-payment")
        assert await database["orders"].find_one({}) == before

    async def test_closes_what_cannot_be_shipped(self, order: Order, post: Post) -> None:
        # Given
        order_id = await order()
        await post(order_id, "payments", {"amount": 24.9, "method": "TRANSFER"})
        one = {"lines": [{"product_id": an_id(1), "quantity": 1}]}
        early = await post(order_id, "close-lines", one | {"reason": "Broken"})
        await post(order_id, "shipments", one)
        # When
        closed = await post(order_id, "close-lines", one | {"reason": "Broken"})
        more = await post(order_id, "close-lines", one | {"reason": "Broken"})
        # Then
        assert problem(early) == (409, "/problems/order-state")
        body = closed.json()
        assert (body["fulfilment"]["state"], body["payment"]["refund_requested"]) == (
            "SHIPPED",
            10.0,
        )
        assert problem(more) == (409, "/problems/order-state")

    @pytest.mark.parametrize(
        ("what", "body"),
        [
            ("payments", {"amount": 0, "method": "CASH"}),
            ("payments", {"amount": 1.001, "method": "CASH"}),
            ("payments", {"amount": 1, "method": "CARD"}),
            ("refunds", {"amount": 1, "reason": " "}),
            ("shipments", {"lines": []}),
            ("shipments", {"tracking_url": "javascript:alert(1)"}),
            ("notes", {"text": ""}),
            ("close-lines", {"lines": [{"product_id": an_id(1), "quantity": 0}], "reason": "x"}),
        ],
    )
    async def test_refuses_bad_input(
        self, order: Order, post: Post, database: Database, what: str, body: Json
    ) -> None:
        order_id = await order()
        before = await database["orders"].find_one({})
        assert problem(await post(order_id, what, body)) == (422, "/problems/validation")
        assert await database["orders"].find_one({}) == before

    async def test_only_admins_have_a_desk(self, client: httpx2.AsyncClient, order: Order) -> None:
        order_id = await order()
        path = f"/api/admin/orders/{order_id}"
        assert (await client.get(path, headers=SHOPPER)).status_code == 403
        response = await client.post(f"{path}/notes", json={"text": "x"}, headers=SHOPPER)
        assert response.status_code == 403
        assert (await client.get(path, headers=ADMIN)).json()["timeline"] == []
        own = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()
        assert "timeline" not in own

    async def test_finds_an_order_by_its_number_and_its_view(
        self, client: httpx2.AsyncClient, order: Order
    ) -> None:
        order_id = await order()
        number = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()["number"]

        async def found(**query: str) -> list[str]:
            response = await client.get("/api/admin/orders", params=query, headers=ADMIN)
            return [order["id"] for order in response.json()["orders"]]

        assert await found(number=f" {number[:4].lower()}-{number[4:]}") == [order_id]
        assert await found(number=number[:7]) == []
        assert await found(view="to-pay") == [order_id]
        assert await found(view="to-ship") == []
        collection = await order({"products": BODY["products"]})
        assert await found(view="to-ship") == [collection]
        assert await found(view="problems") == []
