"""Types and functions that the tests of the whole stack share."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import httpx2

Result = TypeVar("Result")
WAIT_SECONDS = 30


class SignIn(Protocol):
    """Signs an account in, whose password is its email by default, and returns a client for it."""

    def __call__(self, email: str, password: str | None = None) -> httpx2.Client: ...


def wait_for(poll: Callable[[], Result | None]) -> Result:
    """Poll until the result is true, and return it.

    Raises:
        AssertionError: The result is not true within 30 s.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while not (result := poll()):
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s"
        time.sleep(0.05)
    return result


def place_order(shopper: httpx2.Client, quantity: int = 1) -> httpx2.Response:
    """Order cutlery."""
    body = {"products": [{"name": "Cutlery", "quantity": quantity}]}
    response = shopper.post("/api/orders", json=body)
    assert response.status_code == 201, response.text
    return response
