"""Payments by card over HTTP: the offer, the page, and the events of Stripe."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from orders.dependencies import Services, build
from orders.models.payment import CardTerms, PaymentTerms
from orders.repositories.stripe import Stripe
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.storage.mongo import Database
from shopkit.stripe_sandbox.switches import Api, Switches
from shopkit.stripe_sandbox.webhooks import signature
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.proofs import caller_headers
from shopkit.testing.sandboxes import RunningSandbox

Know = Callable[..., Awaitable[None]]
Json = dict[str, Any]

SHOPPER = caller_headers("aaa@aaa.com")
STRANGER = caller_headers("bbb@bbb.com")
ADMIN = caller_headers("admin@aaa.com", "admin")
EVENTS = "/api/payments/stripe/events"
PARKED = "/api/admin/payments/stripe/events"


@pytest.fixture
def terms(terms: PaymentTerms) -> PaymentTerms:
    return replace(terms, bank_account=None, cards=CardTerms())


@pytest.fixture
def services(
    database: Database,
    transactions: FakeTransactions,
    clock: FakeClock,
    terms: PaymentTerms,
    stripe: Stripe,
) -> Services:
    return build(
        database,
        transactions,
        clock,
        terms=terms,
        provider=stripe,
        shop_address="https://shop.example",
    )


async def place(client: httpx2.AsyncClient, price: float = 10, **more: Any) -> httpx2.Response:
    body = {
        "products": [{"id": an_id(1), "quantity": 1, "price": price}],
        "payment": {"method": "CARD"},
        **more,
    }
    return await client.post("/api/orders", json=body, headers=SHOPPER)


@pytest.fixture
async def order_id(know: Know, client: httpx2.AsyncClient, services: Services) -> str:
    """The id of an accepted order of 10.00."""
    await know(state(1, price_cents=1_000, quantity=100))
    response = await place(client)
    assert response.status_code == 201
    order_id: str = response.json()["id"]
    outcome = {"order_id": order_id, "status": OrderStatus.ACCEPTED}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])
    return order_id


class TestOffer:
    @pytest.mark.parametrize(
        ("value", "offered"),
        [(0, True), (0.49, False), (0.5, True), (999_999.99, True), (1_000_000, False)],
    )
    async def test_cards_are_offered_within_the_limits_of_stripe(
        self, client: httpx2.AsyncClient, value: float, offered: bool
    ) -> None:
        response = await client.get("/api/delivery-methods", params={"value": value})
        [collection] = response.json()["methods"]
        assert collection["payment_methods"] == ["ON_COLLECTION"] + ["CARD"] * offered

    async def test_a_method_that_cannot_be_paid_is_not_listed(
        self, client: httpx2.AsyncClient
    ) -> None:
        parcel = {
            "name": "Parcel",
            "countries": ["DE"],
            "fees": [{"from": 0, "fee": 0.2}],
            "days": 3,
        }
        await client.put("/api/admin/delivery-methods/parcel", json=parcel, headers=ADMIN)
        for value, methods in ((0.29, ["collection"]), (0.3, ["collection", "parcel"])):
            query: dict[str, str | float] = {"country": "DE", "value": value}
            response = await client.get("/api/delivery-methods", params=query)
            assert [method["id"] for method in response.json()["methods"]] == methods

    async def test_an_order_below_the_minimum_is_refused(
        self, client: httpx2.AsyncClient, know: Know
    ) -> None:
        await know(state(1, price_cents=49, quantity=100))
        response = await place(client, 0.49)
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/payment-unavailable"


class TestPay:
    async def test_returns_the_page(
        self, client: httpx2.AsyncClient, order_id: str, sandbox: RunningSandbox
    ) -> None:
        response = await client.post(f"/api/orders/{order_id}/pay", headers=SHOPPER)
        assert response.status_code == 200
        [session] = sandbox.account.all_of("session")
        assert response.json() == {"url": f"{sandbox.url}/pay/{session['id']}"}
        order = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()
        assert (order["payment"]["method"], order["payment"]["state"]) == ("CARD", "DUE")
        assert order["payment"]["transfer"] is None

    @pytest.mark.parametrize("headers", [STRANGER, ADMIN])
    async def test_others_find_no_order(
        self, client: httpx2.AsyncClient, order_id: str, headers: dict[str, str]
    ) -> None:
        response = await client.post(f"/api/orders/{order_id}/pay", headers=headers)
        assert response.status_code == 404

    async def test_a_cancelled_order_is_not_payable(
        self, client: httpx2.AsyncClient, order_id: str, sandbox: RunningSandbox
    ) -> None:
        await client.post(f"/api/orders/{order_id}/cancel", headers=SHOPPER)
        response = await client.post(f"/api/orders/{order_id}/pay", headers=SHOPPER)
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/order-state"
        assert sandbox.account.all_of("session") == []

    async def test_a_provider_that_is_down_is_a_503(
        self, client: httpx2.AsyncClient, order_id: str, sandbox: RunningSandbox
    ) -> None:
        sandbox.account.set_switches(Switches(api=Api.FAIL))
        response = await client.post(f"/api/orders/{order_id}/pay", headers=SHOPPER)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        problem = response.json()
        assert problem["type"] == "/problems/payment-provider-unavailable"
        assert "HTTP" not in problem["detail"]
        order = (await client.get(f"/api/orders/{order_id}", headers=SHOPPER)).json()
        assert order["payment"]["state"] == "DUE"

    async def test_an_admin_cannot_record_a_card(
        self, client: httpx2.AsyncClient, order_id: str
    ) -> None:
        response = await client.post(
            f"/api/admin/orders/{order_id}/payments",
            json={"amount": 10, "method": "CARD"},
            headers=ADMIN,
        )
        assert response.status_code == 422


class TestEvents:
    async def test_an_event_pays_the_order(
        self,
        client: httpx2.AsyncClient,
        order_id: str,
        sandbox: RunningSandbox,
        services: Services,
    ) -> None:
        # Given
        await client.post(f"/api/orders/{order_id}/pay", headers=SHOPPER)
        [session] = sandbox.account.all_of("session")
        sandbox.account.pay(session["id"], status="succeeded")
        [event] = sandbox.account.all_of("event")
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": signature(body, "whsec_new", int(time.time()))}
        # When
        for _ in range(2):
            response = await client.post(EVENTS, content=body, headers=headers)
            assert (response.status_code, response.json()) == (200, {"received": True})
        await services.cards.events.apply_pending()
        # Then
        order = (await client.get(f"/api/admin/orders/{order_id}", headers=ADMIN)).json()
        assert (order["payment"]["state"], order["payment"]["captured"]) == ("PAID", 10)
        [receipt] = order["receipts"]
        assert (receipt["method"], receipt["amount"]) == ("CARD", 10)
        assert "ship" not in order["actions"]  # It is collected.
        assert "collect" in order["actions"]

    @pytest.mark.parametrize("header", [{}, {"Stripe-Signature": "t=1,v1=00"}])
    async def test_an_unsigned_event_is_refused(
        self, client: httpx2.AsyncClient, database: Database, header: dict[str, str]
    ) -> None:
        response = await client.post(EVENTS, content=b'{"id": "evt_1"}', headers=header)
        assert response.status_code == 400
        assert response.json()["type"] == "/problems/invalid-event"
        assert await database["provider_events"].count_documents({}) == 0

    async def test_admins_see_the_events_that_were_set_aside(
        self, client: httpx2.AsyncClient, services: Services
    ) -> None:
        # Given
        subject = {"id": "cs_other", "object": "checkout.session"}
        event = {
            "id": "evt_1",
            "object": "event",
            "type": "checkout.session.completed",
            "created": 1_700_000_000,
            "livemode": False,
            "data": {"object": subject},
        }
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": signature(body, "whsec_old", int(time.time()))}
        assert (await client.post(EVENTS, content=body, headers=headers)).status_code == 200
        # When
        await services.cards.events.apply_pending()
        # Then
        assert (await client.get(PARKED, headers=SHOPPER)).status_code == 403
        [parked] = (await client.get(PARKED, headers=ADMIN)).json()["events"]
        assert parked == {
            "id": "evt_1",
            "type": "checkout.session.completed",
            "created_at": "2023-11-14T22:13:20Z",
            "live": False,
            "session_id": "cs_other",
            "payment_intent": "",
            "reason": "The provider knows no session for it.",
        }
