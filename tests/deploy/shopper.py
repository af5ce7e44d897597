"""A client of a deployed shop for shoppers and admins, which uses it through nginx_proxy."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import httpx2

TIMEOUT_SECONDS = 30
ADMIN = "admin@admin.com"
SHOPPER = "aaa@aaa.com"
PRODUCT = "cutlery"

Result = TypeVar("Result")


def wait_for(
    poll: Callable[[], Result | None], description: str, seconds: float = TIMEOUT_SECONDS
) -> Result:
    """Poll until the result is true, and return it. Failed requests are repeated.

    Raises:
        AssertionError: The result is not true within this time.
    """
    deadline = time.monotonic() + seconds
    failure = ""
    while True:
        try:
            if result := poll():
                return result
        except httpx2.HTTPError as error:
            failure = f" ({error!r})"
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {description}{failure}"
        time.sleep(0.1)


def report(text: str) -> None:
    """Print a line for the output of `make test-deploy`."""
    sys.stdout.write(f"\n    {text}\n")


class Shop:
    """A client of the shop at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx2.Client(base_url=address, timeout=10)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, token: str | None = None) -> httpx2.Response:
        return self._client.get(path, headers=_authorization(token))

    def sign_in(self, email: str, password: str | None = None) -> str:
        """Return an access token of an account, whose password is its email by default."""

        def log_in() -> str | None:
            body = {"email": email, "password": password or email}
            response = self._client.post("/api/login", json=body)
            return str(response.json()["access_token"]) if response.status_code == 200 else None

        return wait_for(log_in, f"{email} signs in")

    def register(self, email: str, password: str) -> None:
        """Create a customer's account."""
        body = {"email": email, "password": password}
        response = self._client.post("/api/register", json=body)
        assert response.status_code == 201, response.text

    def add_product(self, token: str, name: str, quantity: int) -> None:
        """Add a product, with the token of an admin."""
        product = {
            "name": name,
            "description": "A product of the tests.",
            "price": 1.5,
            "quantity": quantity,
            "categories": [],
        }
        body = {"product": product}
        response = self._client.post("/api/products", json=body, headers=_authorization(token))
        assert response.status_code == 201, response.text

    def has_account(self, email: str) -> bool:
        """Return whether an account, whose password is its email, can sign in."""
        body = {"email": email, "password": email}
        return self._client.post("/api/login", json=body).status_code == 200

    def stock(self, name: str = PRODUCT) -> int:
        """Return a product's stock, and wait until the shop answers."""

        def find_product() -> dict[str, int] | None:
            response = self.get(f"/api/products?name={name}")
            products: list[dict[str, int]]
            products = response.json()["products"] if response.status_code == 200 else []
            return products[0] if products else None

        return wait_for(find_product, f"the shop lists {name}")["quantity"]

    def order(self, token: str, quantity: int = 1, name: str = PRODUCT) -> str:
        """Place an order and return its id, and wait until the projection has the product."""

        def place() -> str | None:
            body = {"products": [{"name": name, "quantity": quantity}]}
            response = self._client.post("/api/orders", json=body, headers=_authorization(token))
            return str(response.json()["id"]) if response.status_code == 201 else None

        return wait_for(place, "an order is placed")

    def wait_until_decided(self, token: str, order_id: str) -> str:
        """Wait until an order is decided and return its status."""

        def find_decision() -> str | None:
            response = self.get(f"/api/orders/{order_id}", token)
            status = response.json()["status"] if response.status_code == 200 else "PENDING"
            return str(status) if status != "PENDING" else None

        return wait_for(find_decision, f"order {order_id} is decided")

    def buy(self, quantity: int = 1) -> float:
        """Place an order, and return the seconds until it was ACCEPTED.

        It also waits until the stock is lower.
        """
        token = self.sign_in(SHOPPER)
        before = self.stock()
        began = time.monotonic()
        order_id = self.order(token, quantity)
        assert self.wait_until_decided(token, order_id) == "ACCEPTED"
        seconds = time.monotonic() - began
        wait_for(lambda: self.stock() == before - quantity, "the stock is lower")
        return seconds


def _authorization(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
