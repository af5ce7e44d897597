"""What a shopper and an admin do first, through nginx, on the stack of `make up`."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from stack import Stack

SignIn = Callable[..., httpx2.Client]


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Poll until a condition holds, with a deadline, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.05)
    return found


def in_database(stack: Stack, service: str, name: str) -> dict[str, Any] | None:
    with MongoClient[dict[str, Any]](stack.database_url(service)) as client:
        return client["shop"]["products"].find_one({"name": name})


def product(shop: httpx2.Client, name: str) -> dict[str, Any]:
    answer = shop.get("/api/products", params={"name": name})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["products"][0]
    return found


class TestShopper:
    def test_registers_signs_in_orders_and_sees_the_order_accepted(
        self, stack: Stack, shop: httpx2.Client, signed_in: SignIn
    ) -> None:
        # Given
        registered = shop.post(
            "/api/register", json={"email": "new@shop.example", "password": "a good password"}
        )
        assert registered.status_code == 201
        assert registered.json() == {"email": "new@shop.example", "role": "user"}
        shopper = signed_in("new@shop.example", "a good password")
        before = product(shop, "cutlery")["quantity"]
        # When
        placed = shopper.post(
            "/api/orders", json={"products": [{"name": "Cutlery", "quantity": 3}]}
        )
        # Then
        assert placed.status_code == 201
        assert (placed.json()["status"], placed.json()["cost"]) == ("PENDING", 17.97)
        order_id = placed.json()["id"]

        def accepted() -> Any:
            order = shopper.get(f"/api/orders/{order_id}").json()
            return order if order["status"] != "PENDING" else None

        order = eventually(accepted)
        assert [step["status"] for step in order["history"]] == ["PENDING", "ACCEPTED"]
        assert [one["id"] for one in shopper.get("/api/orders").json()["orders"]] == [order_id]

        def lower_in_both() -> bool:
            rows = [in_database(stack, service, "cutlery") for service in ("products", "orders")]
            return [row["quantity"] for row in rows if row] == [before - 3, before - 3]

        eventually(lower_in_both)

    def test_does_not_see_someone_elses_order(self, signed_in: SignIn) -> None:
        seeded = "/api/orders/72fefe4a1cad4140785928a4"
        assert signed_in("bbb@bbb.com").get(seeded).status_code == 200
        answer = signed_in("aaa@aaa.com").get(seeded)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"

    def test_may_not_add_a_product_nor_order_unsigned(
        self, shop: httpx2.Client, signed_in: SignIn
    ) -> None:
        body = {
            "product": {
                "name": "forbidden fruit",
                "description": "",
                "price": 1,
                "quantity": 1,
                "categories": [],
            }
        }
        assert shop.post("/api/products", json=body).status_code == 401
        assert signed_in("aaa@aaa.com").post("/api/products", json=body).status_code == 403
        assert shop.post("/api/orders", json={"products": []}).status_code == 401
        assert shop.get("/api/products", params={"name": "forbidden fruit"}).status_code == 404


class TestAdmin:
    def test_adds_a_product_that_can_be_ordered(
        self, stack: Stack, shop: httpx2.Client, signed_in: SignIn
    ) -> None:
        # Given
        admin = signed_in("admin@admin.com")
        body = {
            "product": {
                "name": "Tea Pot",
                "description": "Holds a litre.",
                "price": 24.5,
                "quantity": 4,
                "categories": ["kitchen"],
            }
        }
        # When
        added = admin.post("/api/products", json=body)
        # Then
        assert added.status_code == 201
        assert product(shop, "tea pot")["price"] == 24.5
        eventually(lambda: in_database(stack, "orders", "tea pot"))
        order = signed_in("aaa@aaa.com").post(
            "/api/orders", json={"products": [{"id": added.json()["id"], "quantity": 1}]}
        )
        assert order.status_code == 201


class TestSeed:
    def test_is_the_originals(self, shop: httpx2.Client, signed_in: SignIn) -> None:
        categories = shop.get("/api/categories").json()["categories"]
        assert [one["name"] for one in categories] == ["electronics", "furniture", "kitchen"]
        assert product(shop, "chair")["categories"] == ["furniture", "kitchen"]
        assert product(shop, "laptop")["price"] == 1299.99
        order = signed_in("ccc@ccc.com").get("/api/orders/73fefe4a1cad4140785928a4").json()
        assert (order["status"], order["cost"]) == ("REJECTED", 699.93)


class TestRecovery:
    @pytest.mark.parametrize("service", ["authentication", "products", "orders"])
    def test_a_service_that_dies_answers_again_within_5_seconds(
        self, shop: httpx2.Client, signed_in: SignIn, stack: Stack, service: str
    ) -> None:
        # Given
        admin = signed_in("admin@admin.com")
        before = {status.name: status.pid for status in stack.status()}[service]
        # When
        assert admin.get(f"/api/{service}_error").status_code == 202
        # Then

        def another() -> bool:
            now = {status.name: status.pid for status in stack.status()}[service]
            answer = shop.get(f"/api/{service}_health")
            return now not in {None, before} and answer.status_code == 200

        eventually(another, 5)

    def test_only_an_admin_may_end_a_service(self, shop: httpx2.Client, signed_in: SignIn) -> None:
        assert shop.get("/api/orders_error").status_code == 401
        assert signed_in("aaa@aaa.com").get("/api/orders_error").status_code == 403


class TestDoor:
    def test_identity_headers_of_a_client_count_for_nothing(self, shop: httpx2.Client) -> None:
        forged = {"X-User-Email": "admin@admin.com", "X-User-Role": "admin"}
        assert shop.get("/api/orders", headers=forged).status_code == 401

    def test_internal_endpoints_are_not_to_be_had(self, shop: httpx2.Client) -> None:
        for path in ("/internal/products", "/api/internal/products", "/api/ready", "/api/metrics"):
            answer = shop.get(path)
            assert "products" not in answer.text or answer.status_code == 404, path

    def test_errors_are_problem_documents_with_the_request_id(self, shop: httpx2.Client) -> None:
        answer = shop.get("/api/nothing", headers={"X-Request-ID": "my-id-1"})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"] == "my-id-1"
        assert answer.json()["request_id"] == "my-id-1"

    def test_a_body_that_is_too_large_is_refused(self, signed_in: SignIn) -> None:
        answer = signed_in("aaa@aaa.com").post(
            "/api/orders", content=b'{"products":"' + b"x" * 1_200_000 + b'"}'
        )
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

    def test_the_documentation_is_served(self, shop: httpx2.Client) -> None:
        document = shop.get("/api/openapi.json").json()
        assert {"/api/orders", "/api/products", "/api/login"} <= set(document["paths"])
        assert shop.get("/api/docs").status_code == 200
