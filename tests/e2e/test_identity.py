"""Accounts: whoever has one can use the shop with any email address, and only as themselves."""

from typing import Any

import httpx2
import pytest
from bson import ObjectId
from pymongo import MongoClient
from tests.e2e.shop import SignIn, place_order, wait_for

from stack import Stack

EMAILS = [
    "müller@exämple.com",
    "用户@例え.テスト",
    "😀@exämple.com",
    "ann+shop@shop.example",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 53}.example",
]


class TestAccounts:
    @pytest.mark.parametrize("email", EMAILS)
    def test_of_any_email_address_can_use_the_shop(self, shop: httpx2.Client, email: str) -> None:
        # Given
        body = {"email": email, "password": "correct horse"}
        registered = shop.post("/api/register", json=body)
        assert registered.status_code == 201, registered.text
        # When
        token = shop.post("/api/login", json=body).json()["access_token"]
        shop.headers["Authorization"] = f"Bearer {token}"
        me = shop.get("/api/me").json()
        placed = place_order(shop).json()
        # Then
        account = registered.json()
        assert account.pop("mail_sent") is True
        unset = dict.fromkeys(("pending_email", "name", "locale"))
        assert me == account | unset | {"verified": False}
        assert (
            (placed["email"], placed["account_id"]) == (me["email"], me["id"]) == (email, me["id"])
        )
        assert [order["id"] for order in shop.get("/api/orders").json()["orders"]] == [placed["id"]]
        assert shop.post(f"/api/orders/{placed['id']}/cancel").status_code in {202, 409}
        changed = shop.post(
            "/api/me/password", json={"current": "correct horse", "new": "another password"}
        )
        assert changed.status_code == 204

    def test_with_an_address_that_looks_like_a_misread_one_reads_nothing_of_the_other(
        self, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given: read as Latin-1, the first address is the second one.
        first = "jürgen@shop.example"
        second = first.encode().decode("latin-1")
        for email in (first, second):
            body = {"email": email, "password": "correct horse"}
            assert shop.post("/api/register", json=body).status_code == 201
        order = place_order(sign_in(first, "correct horse")).json()
        # When
        stranger = sign_in(second, "correct horse")
        # Then
        assert stranger.get("/api/me").json()["email"] == second
        assert stranger.get("/api/orders").json()["orders"] == []
        assert stranger.get(f"/api/orders/{order['id']}").status_code == 404

    def test_are_found_by_account_id_and_email_address_by_admins(
        self, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given
        shopper, admin = sign_in("bbb@bbb.com"), sign_in("admin@admin.com")
        order = place_order(shopper).json()
        me = shopper.get("/api/me").json()
        # When
        lists = [
            admin.get("/api/admin/orders", params={"email": owner, "limit": 100}).json()["orders"]
            for owner in (me["id"], me["email"])
        ]
        # Then
        assert me["id"] == "a2fefe4a1cad4140785928a4"
        assert all(order["id"] in [found["id"] for found in orders] for orders in lists)
        assert {found["email"] for found in lists[0]} == {"bbb@bbb.com"}


class TestOrdersOfEarlierReleases:
    def test_get_the_account_of_their_email_address(
        self, stack: Stack, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given: an order as earlier releases stored it.
        email = "jörg@exämple.com"
        body = {"email": email, "password": "correct horse"}
        assert shop.post("/api/register", json=body).status_code == 201
        shopper = sign_in(email, "correct horse")
        me = shopper.get("/api/me").json()
        order = place_order(shopper).json()
        with MongoClient[Any](stack.database_url("orders")) as client:
            client["shop"]["orders"].update_one(
                {"_id": ObjectId(order["id"])},
                {
                    "$set": {"client_email": email.encode().decode("latin-1")},
                    "$unset": {"account_id": ""},
                },
            )
        # Then: it is visible at once, and a moment later it has the account and the right address.
        assert shopper.get(f"/api/orders/{order['id']}").status_code == 200

        def is_corrected() -> bool:
            stored = shopper.get(f"/api/orders/{order['id']}").json()
            return (stored["account_id"], stored["email"]) == (me["id"], email)

        wait_for(is_corrected)
