"""Payments by card through nginx, on the pages of the sandbox, with webhooks that arrive or not."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.e2e.shop import SignIn, wait_for

from stack import Stack

PAYS, DECLINED = "4242424242424242", "4000000000000002"
Json = dict[str, Any]


class Cards:
    """The sandbox, and orders that are paid on its pages."""

    def __init__(self, stack: Stack, shopper: httpx2.Client, admin: httpx2.Client) -> None:
        self.sandbox = httpx2.Client(base_url=stack.settings.stripe_url, timeout=10)
        self.shopper = shopper
        self.admin = admin

    def switch(self, **switches: Any) -> None:
        assert self.sandbox.put("/sandbox/switches", json=switches).status_code == 200

    def accepted(self) -> str:
        """Return the id of an accepted order that is due by card."""
        body = {
            "products": [{"name": "Cutlery", "quantity": 1}],
            "payment": {"method": "CARD"},
        }
        response = self.shopper.post("/api/orders", json=body)
        assert response.status_code == 201, response.text
        order_id: str = response.json()["id"]
        self.wait_for(order_id, "DUE")
        return order_id

    def order(self, order_id: str) -> Json:
        order: Json = self.admin.get(f"/api/admin/orders/{order_id}").json()
        return order

    def wait_for(self, order_id: str, state: str) -> Json:
        def find() -> Json | None:
            order = self.order(order_id)
            return order if order["payment"]["state"] == state else None

        return wait_for(find)

    def page(self, order_id: str) -> str:
        response = self.shopper.post(f"/api/orders/{order_id}/pay")
        assert response.status_code == 200, response.text
        url: str = response.json()["url"]
        return url

    def pay(self, url: str, card: str = PAYS) -> httpx2.Response:
        return self.sandbox.post(url, data={"card": card}, follow_redirects=False)


@pytest.fixture
def cards(stack: Stack, sign_in: SignIn) -> Iterator[Cards]:
    cards = Cards(stack, sign_in("aaa@aaa.com"), sign_in("admin@admin.com"))
    with cards.sandbox:
        yield cards
        cards.switch()


def test_a_declined_card_and_then_one_that_pays(cards: Cards, stack: Stack) -> None:
    # Given
    order_id = cards.accepted()
    page = cards.page(order_id)
    # When
    assert "declined" in cards.pay(page, DECLINED).text
    assert cards.order(order_id)["payment"]["state"] == "DUE"
    response = cards.pay(page)
    # Then
    assert response.headers["Location"] == f"{stack.settings.shop_url}/orders/{order_id}"
    order = cards.wait_for(order_id, "PAID")
    [receipt] = order["receipts"]
    assert (receipt["method"], receipt["amount"]) == ("CARD", order["total"])
    assert cards.shopper.post(f"/api/orders/{order_id}/pay").status_code == 409


@pytest.mark.parametrize("webhooks", ["lose", "duplicate", "reorder"])
def test_a_payment_counts_once_whatever_happens_to_its_webhooks(
    cards: Cards, webhooks: str
) -> None:
    cards.switch(webhooks=webhooks, delay_seconds=2)
    order_id = cards.accepted()
    cards.pay(cards.page(order_id))
    order = cards.wait_for(order_id, "PAID")
    assert order["payment"]["captured"] == order["total"]
    assert len(order["receipts"]) == 1


def test_cancelling_pays_back_and_closes_the_page(cards: Cards) -> None:
    # Given
    paid, unpaid = cards.accepted(), cards.accepted()
    cards.pay(cards.page(paid))
    page = cards.page(unpaid)
    cards.wait_for(paid, "PAID")
    # When
    for order_id in (paid, unpaid):
        assert cards.shopper.post(f"/api/orders/{order_id}/cancel").status_code == 202
    # Then
    order = cards.wait_for(paid, "REFUNDED")
    assert order["payment"]["refunded"] == order["total"]
    refunds = cards.sandbox.get("/sandbox/refund").json()
    ours = [refund for refund in refunds if refund["metadata"]["order_id"] == paid]
    assert [refund["amount"] for refund in ours] == [round(order["total"] * 100)]
    assert wait_for(lambda: "This page is expired." in cards.sandbox.get(page).text)
    assert cards.order(unpaid)["payment"]["state"] == "NONE"


def test_an_error_after_the_work_refunds_once(cards: Cards) -> None:
    # Given
    order_id = cards.accepted()
    cards.pay(cards.page(order_id))
    cards.wait_for(order_id, "PAID")
    cards.switch(api="fail_after_work")
    # When
    refund = {"amount": 1, "reason": "Scratched"}
    response = cards.admin.post(f"/api/admin/orders/{order_id}/refunds", json=refund)
    assert response.status_code == 200
    assert wait_for(lambda: _refunds_of(cards, order_id))
    cards.switch()
    # Then
    assert wait_for(lambda: cards.order(order_id)["payment"]["refunded"] == 1)
    assert len(_refunds_of(cards, order_id)) == 1


def test_a_dispute_blocks_the_order(cards: Cards) -> None:
    order_id = cards.accepted()
    cards.pay(cards.page(order_id))
    payment = cards.wait_for(order_id, "PAID")["receipts"][0]["reference"]
    assert cards.sandbox.post(f"/sandbox/payments/{payment}/dispute").status_code == 200
    assert wait_for(lambda: "collect" not in cards.order(order_id)["actions"])
    response = cards.admin.post(f"/api/admin/orders/{order_id}/collected", json={})
    assert response.status_code == 409


def _refunds_of(cards: Cards, order_id: str) -> list[Json]:
    refunds = cards.sandbox.get("/sandbox/refund").json()
    return [refund for refund in refunds if refund["metadata"]["order_id"] == order_id]
