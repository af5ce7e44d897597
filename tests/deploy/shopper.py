"""What a shopper and an admin do, to see that a deployed shop works: all through nginx_proxy."""

import sys
import time
from collections.abc import Callable
from typing import Any

import httpx2

PATIENCE_SECONDS = 30
ADMIN = "admin@admin.com"
SHOPPER = "aaa@aaa.com"
PRODUCT = "cutlery"


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Poll until a condition holds and return what it gave; an absent server is asked again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except httpx2.HTTPError as error:
            found = None
            what = f"{what} ({error!r})" if time.monotonic() > deadline else what
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


def tell(text: str) -> None:
    """Print a figure, which `make test-deploy` shows."""
    sys.stdout.write(f"\n    {text}\n")


class Shop:
    """A shop at an address, with the demonstration's accounts in it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx2.Client(base_url=address, timeout=10)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, token: str | None = None) -> httpx2.Response:
        return self._client.get(path, headers=_signed(token))

    def sign_in(self, email: str, password: str | None = None) -> str:
        """Sign an account in, whose password is its e-mail, and return its token."""

        def token() -> Any:
            body = {"email": email, "password": password or email}
            answer = self._client.post("/api/login", json=body)
            return answer.json()["access_token"] if answer.status_code == 200 else None

        signed: str = eventually(token, f"{email} signs in")
        return signed

    def register(self, email: str, password: str) -> None:
        """Make a customer's account."""
        body = {"email": email, "password": password}
        answer = self._client.post("/api/register", json=body)
        assert answer.status_code == 201, answer.text

    def add_product(self, admin: str, name: str, quantity: int) -> None:
        """Add a product, as an admin with this token."""
        product = {
            "name": name,
            "description": "As it is.",
            "price": 1.5,
            "quantity": quantity,
            "categories": [],
        }
        body = {"product": product}
        answer = self._client.post("/api/products", json=body, headers=_signed(admin))
        assert answer.status_code == 201, answer.text

    def knows(self, email: str) -> bool:
        """Whether an account can sign in, whose password is its e-mail."""
        body = {"email": email, "password": email}
        return self._client.post("/api/login", json=body).status_code == 200

    def quantity(self, name: str = PRODUCT) -> int:
        """Return how many there are, as soon as the shop can say so."""

        def products() -> Any:
            answer = self.get(f"/api/products?name={name}")
            return answer.json()["products"] if answer.status_code == 200 else None

        found: int = eventually(products, f"{name} is shown")[0]["quantity"]
        return found

    def order(self, token: str, quantity: int = 1, name: str = PRODUCT) -> str:
        """Place an order, as soon as orders-ms knows the product, and return its id."""

        def placed() -> Any:
            body = {"products": [{"name": name, "quantity": quantity}]}
            answer = self._client.post("/api/orders", json=body, headers=_signed(token))
            return answer.json()["id"] if answer.status_code == 201 else None

        placed_id: str = eventually(placed, "an order is taken")
        return placed_id

    def outcome(self, token: str, order_id: str) -> str:
        """Wait until an order is settled and return how."""

        def settled() -> Any:
            answer = self.get(f"/api/orders/{order_id}", token)
            status = answer.json()["status"] if answer.status_code == 200 else "PENDING"
            return status if status != "PENDING" else None

        status: str = eventually(settled, f"order {order_id} is settled")
        return status

    def buy(self, quantity: int = 1) -> float:
        """Place an order, see it ACCEPTED and the stock lowered; return the seconds it took."""
        token = self.sign_in(SHOPPER)
        before = self.quantity()
        began = time.monotonic()
        order_id = self.order(token, quantity)
        assert self.outcome(token, order_id) == "ACCEPTED"
        seconds = time.monotonic() - began
        eventually(lambda: self.quantity() == before - quantity, "the stock is lowered")
        return seconds


def _signed(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
