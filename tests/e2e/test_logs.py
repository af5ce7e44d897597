"""The logs of the whole stack hold no personal data."""

import re

import httpx2
from tests.e2e.shop import SignIn, place_order, wait_for

from stack import Stack

SHOPPER = "a.person@shop.example"
STRANGER = "nobody@shop.example"
PASSWORD = "a good password"
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
ADDRESS = re.compile(r'"client":\s*"127\.0\.0\.1"')


class TestPersonalData:
    def test_no_log_contains_an_email_address(
        self, stack: Stack, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # When
        account = {"email": SHOPPER, "password": PASSWORD}
        assert shop.post("/api/register", json=account).status_code == 201
        assert shop.post("/api/register", json=account).status_code == 400
        shopper = sign_in(SHOPPER, PASSWORD)
        order_id = place_order(shopper).json()["id"]
        wait_for(lambda: shopper.get(f"/api/orders/{order_id}").json()["status"] == "ACCEPTED")
        for email in (SHOPPER, STRANGER):
            refused = shop.post("/api/login", json={"email": email, "password": "a wrong one"})
            assert refused.status_code == 401
        admin = sign_in("admin@admin.com")
        assert admin.get("/api/users", params={"email": SHOPPER}).status_code == 200
        assert admin.get("/api/orders", params={"customer": SHOPPER}).status_code == 200
        # Then
        folder = stack.logs()[0].parent
        logs = {log.name: log.read_text(errors="replace") for log in folder.iterdir()}
        assert {"nginx.log", "gateway.log", "authentication.log", "orders.log"} <= set(logs)
        assert {
            name: EMAIL.findall(text) for name, text in logs.items() if EMAIL.search(text)
        } == {}
        assert not ADDRESS.search(logs["nginx.log"])
