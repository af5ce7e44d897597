"""The main use cases of shoppers and admins, through nginx, on the stack of `make up`."""

import json
import socket
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient
from tests.e2e.shop import SignIn, place_order, wait_for

from stack import Stack

Document = dict[str, Any]


def find_in_database(stack: Stack, service: str, name: str) -> Document | None:
    with MongoClient[Document](stack.database_url(service)) as client:
        return client["shop"]["products"].find_one({"name": name})


def find_product(shop: httpx2.Client, name: str) -> Document:
    response = shop.get("/api/products", params={"name": name})
    assert response.status_code == 200, response.text
    product: Document = response.json()["products"][0]
    return product


class TestShopper:
    def test_registers_signs_in_and_places_an_order_that_is_accepted(
        self, stack: Stack, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given
        registered = shop.post(
            "/api/register", json={"email": "new@shop.example", "password": "a good password"}
        )
        assert registered.status_code == 201
        account = registered.json()
        assert account == {
            "id": account["id"],
            "email": "new@shop.example",
            "role": "user",
            "mail_sent": True,
        }
        shopper = sign_in("new@shop.example", "a good password")
        stock = find_product(shop, "cutlery")["quantity"]
        # When
        placed = place_order(shopper, quantity=3).json()
        # Then
        assert (placed["status"], placed["cost"]) == ("PENDING", 17.97)

        def find_decided_order() -> Document | None:
            order: Document = shopper.get(f"/api/orders/{placed['id']}").json()
            return order if order["status"] != "PENDING" else None

        order = wait_for(find_decided_order)
        assert [step["status"] for step in order["history"]] == ["PENDING", "ACCEPTED"]
        orders = shopper.get("/api/orders").json()["orders"]
        assert [item["id"] for item in orders] == [placed["id"]]

        def is_lower_in_both_databases() -> bool:
            rows = [
                find_in_database(stack, service, "cutlery") for service in ("products", "orders")
            ]
            return [row["quantity"] for row in rows if row] == [stock - 3, stock - 3]

        wait_for(is_lower_in_both_databases)

    def test_cannot_see_another_shoppers_order(self, sign_in: SignIn) -> None:
        path = "/api/orders/72fefe4a1cad4140785928a4"
        assert sign_in("bbb@bbb.com").get(path).status_code == 200
        response = sign_in("aaa@aaa.com").get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"

    def test_cannot_add_a_product(self, shop: httpx2.Client, sign_in: SignIn) -> None:
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
        assert sign_in("aaa@aaa.com").post("/api/products", json=body).status_code == 403
        assert shop.get("/api/products", params={"name": "forbidden fruit"}).status_code == 404


class TestAdmin:
    def test_adds_a_product_that_can_be_ordered(
        self, stack: Stack, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given
        admin = sign_in("admin@admin.com")
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
        assert find_product(shop, "tea pot")["price"] == 24.5
        wait_for(lambda: find_in_database(stack, "orders", "tea pot"))
        order = sign_in("aaa@aaa.com").post(
            "/api/orders", json={"products": [{"id": added.json()["id"], "quantity": 1}]}
        )
        assert order.status_code == 201

    def test_renames_a_category_and_finds_its_products_by_the_new_name(
        self, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        # Given
        admin = sign_in("admin@admin.com")
        category = admin.post("/api/categories", json={"name": "Tools"}).json()
        values = {"description": "", "price": 1, "quantity": 1, "categories": ["TOOLS"]}
        added = admin.post("/api/products", json={"product": {"name": "Hammer", **values}})
        path = f"/api/categories/{category['id']}"
        # When
        renamed = admin.patch(path, json={"name": "Workshop"})
        # Then
        assert renamed.json() == {"id": category["id"], "name": "workshop"}
        assert find_product(shop, "hammer")["categories"] == ["workshop"]
        wait_for(lambda: shop.get("/api/products", params={"q": "works"}).json()["products"])
        # When
        etag = shop.get(f"/api/products/{added.json()['id']}").headers["etag"]
        change: Document = {"categories": []}
        admin.patch(f"/api/products/{added.json()['id']}", json=change, headers={"If-Match": etag})
        # Then
        assert admin.delete(path).status_code == 204

    @pytest.mark.parametrize("email", ["a/b@example.org", "a?b#c@example.org"])
    def test_gives_a_role_to_an_account_whose_email_no_path_can_contain(
        self, shop: httpx2.Client, sign_in: SignIn, email: str
    ) -> None:
        # Given
        shop.post("/api/register", json={"email": email, "password": "a good password"})
        admin = sign_in("admin@admin.com")
        users = admin.get("/api/users", params={"limit": 100}).json()["users"]
        account_id = next(user["id"] for user in users if user["email"] == email)
        # When
        response = admin.patch(f"/api/users/{account_id}", json={"role": "admin"})
        # Then
        assert (response.status_code, response.json()["role"]) == (200, "admin")
        assert sign_in(email, "a good password").get("/api/users").status_code == 200


class TestDemoData:
    def test_demo_data_has_categories_products_and_orders(
        self, shop: httpx2.Client, sign_in: SignIn
    ) -> None:
        categories = shop.get("/api/categories").json()["categories"]
        names = [category["name"] for category in categories]
        assert names == ["electronics", "furniture", "kitchen"]
        assert find_product(shop, "chair")["categories"] == ["furniture", "kitchen"]
        assert find_product(shop, "laptop")["price"] == 1299.99
        order = sign_in("ccc@ccc.com").get("/api/orders/73fefe4a1cad4140785928a4").json()
        assert (order["status"], order["cost"]) == ("REJECTED", 699.93)


class TestRecovery:
    @pytest.mark.parametrize("service", ["authentication", "products", "orders"])
    def test_restarts_a_service_that_dies(
        self, shop: httpx2.Client, sign_in: SignIn, stack: Stack, service: str
    ) -> None:
        # Given
        admin = sign_in("admin@admin.com")
        before = {status.name: status.pid for status in stack.status()}[service]
        # When
        assert admin.get(f"/api/{service}_error").status_code == 202

        # Then
        def is_restarted() -> bool:
            pid = {status.name: status.pid for status in stack.status()}[service]
            response = shop.get(f"/api/{service}_health")
            return pid not in {0, before} and response.status_code == 200

        wait_for(is_restarted)

    def test_lets_only_an_admin_end_a_service(self, shop: httpx2.Client, sign_in: SignIn) -> None:
        assert shop.get("/api/orders_error").status_code == 401
        assert sign_in("aaa@aaa.com").get("/api/orders_error").status_code == 403


class TestGateway:
    @pytest.mark.parametrize("path", ["/api/internal/products", "/api/ready", "/api/metrics"])
    def test_hides_internal_endpoints(self, shop: httpx2.Client, path: str) -> None:
        assert shop.get(path).status_code == 404

    def test_serves_the_web_shop_at_the_path_of_an_internal_endpoint(
        self, shop: httpx2.Client
    ) -> None:
        response = shop.get("/internal/products")
        assert response.headers["content-type"].startswith("text/html")

    def test_returns_problem_documents_with_the_request_id(self, shop: httpx2.Client) -> None:
        response = shop.get("/api/nothing", headers={"X-Request-ID": "my-id-1"})
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-request-id"] == "my-id-1"
        assert response.json()["request_id"] == "my-id-1"

    @pytest.mark.parametrize(
        "request_",
        [
            "GET /api/caf\u00e9 HTTP/1.1\r\nHost: shop\r\n\r\n".encode(),
            "GET /caf\u00e9 HTTP/1.1\r\nHost: shop\r\n\r\n".encode(),
            b"BREW /api/products HTTP/1.1\r\nHost: shop\r\n\r\n",
            b"GET /api/products HTTP/1.1\r\nHost: shop\r\nX-A: \x01\r\n\r\n",
            b"TRACE /api/products HTTP/1.1\r\nHost: shop\r\n\r\n",
        ],
    )
    @pytest.mark.parametrize("program", ["shop", "gateway"])
    def test_returns_a_problem_document_for_an_invalid_request(
        self, stack: Stack, program: str, request_: bytes
    ) -> None:
        # When
        address = ("127.0.0.1", stack.settings.ports[program])
        with socket.create_connection(address, 10) as connection:
            connection.sendall(request_.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
        # Then
        assert b"\r\ncontent-type: application/problem+json" in head.lower()
        problem = json.loads(body)
        assert problem.keys() >= {"type", "title", "status", "detail", "instance", "request_id"}
        assert head.startswith(b"HTTP/1.1 %d " % problem["status"])

    def test_refuses_a_body_that_is_too_large(self, sign_in: SignIn) -> None:
        response = sign_in("aaa@aaa.com").post(
            "/api/orders", content=b'{"products":"' + b"x" * 1_200_000 + b'"}'
        )
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"

    def test_serves_the_documentation(self, shop: httpx2.Client) -> None:
        document = shop.get("/api/openapi.json").json()
        assert {"/api/orders", "/api/products", "/api/login"} <= set(document["paths"])
        assert shop.get("/api/docs").status_code == 200


class TestOtherAddress:
    """A host name and a port forwarder, of which the stack knows nothing."""

    HOST = "shop.lan:1234"

    def test_serves_the_web_shop(self, shop: httpx2.Client) -> None:
        response = shop.get("/", headers={"Host": self.HOST})
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/html")

    def test_keeps_the_session(self, shop: httpx2.Client) -> None:
        # Given
        body = {"email": "aaa@aaa.com", "password": "aaa@aaa.com", "cookie": True}
        response = shop.post("/api/login", json=body, headers={"Host": self.HOST})
        cookies = "; ".join(f"{name}={value}" for name, value in response.cookies.items())
        # When
        headers = {"Host": self.HOST, "Cookie": cookies}
        response = shop.post("/api/refresh", json={}, headers=headers)
        # Then
        assert response.status_code == 200

    @pytest.mark.parametrize("path", ["/api", "/assets", "/api/products/"])
    def test_is_not_left_by_a_redirect(self, shop: httpx2.Client, path: str) -> None:
        response = shop.get(path, headers={"Host": self.HOST})
        assert not response.is_redirect
