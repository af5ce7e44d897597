"""Shoppers who order and cancel, and an admin who restocks and changes prices, without a pause."""

import asyncio
import random
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
from tests.faults.history import History, OrderAttempt

SHOPPERS = ("aaa@aaa.com", "bbb@bbb.com")
ADMIN = "admin@admin.com"
SHOPPERS_AT_ONCE = 4
PAUSE_SECONDS = 0.1
ATTEMPTS = 4
TIMEOUT_SECONDS = 8
# A shop whose parts fail may answer with these at any time.
UNAVAILABLE = frozenset({502, 503, 504})
EXPECTED_FOR_ORDERS = frozenset({201, 404, 409})
EXPECTED = frozenset({200, 202, 404, 409, 412})


class Response(NamedTuple):
    """A response; status 0 if there was none."""

    status: int
    body: Any = None
    etag: str = ""


class Traffic:
    """Sends requests to the shop while a context lasts.

    Args:
        url: The gateway's address.
        products: The ids of the products; the first is only used by `settle_order`.
        rng: The source of randomness.
        history: Records the requests and responses.
    """

    def __init__(self, url: str, products: list[str], rng: random.Random, history: History) -> None:
        self._url = url
        self._products = products
        self._rng = rng
        self._history = history
        self._tokens: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Sign all accounts in."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(self._url, timeout=timeout)
        for email in (*SHOPPERS, ADMIN):
            self._tokens[email] = await self._sign_in(email)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and close the connections."""
        await self.stop()
        await self._session.close()

    def start(self) -> None:
        """Begin to send requests."""
        self._running = True
        shoppers = [self._shop(SHOPPERS[number % 2]) for number in range(SHOPPERS_AT_ONCE)]
        loops = (*shoppers, self._administrate())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Stop after the requests in progress."""
        self._running = False
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def settle_order(self, seconds: float) -> float | None:
        """Order a product of which there is enough, and wait until the order is decided.

        Args:
            seconds: How long to try.

        Returns:
            The seconds until the order was decided, or None if it was not decided in time.
        """
        attempt, began = OrderAttempt(str(uuid.uuid4()), SHOPPERS[0]), time.monotonic()
        self._history.attempts.append(attempt)
        while time.monotonic() - began < seconds:
            if not attempt.order_ids:
                await self._try(attempt, {self._products[0]: 1})
            elif await self._is_decided(attempt):
                return time.monotonic() - began
            await asyncio.sleep(0.02)
        return None

    async def _is_decided(self, attempt: OrderAttempt) -> bool:
        [order_id] = attempt.order_ids
        response = await self._request("GET", f"/api/orders/{order_id}", attempt.email)
        return response.status == 200 and response.body["status"] != "PENDING"

    async def _sign_in(self, email: str) -> str:
        body = {"email": email, "password": email}
        async with self._session.post("/api/login", json=body) as response:
            return str((await response.json())["access_token"])

    async def _shop(self, email: str) -> None:
        order_ids: list[str] = []
        while self._running:
            if order_ids and self._rng.random() < 0.15:
                chosen = order_ids.pop(self._rng.randrange(len(order_ids)))
                await self._request("POST", f"/api/orders/{chosen}/cancel", email, {})
            else:
                order_ids += await self._order(email)
            await asyncio.sleep(PAUSE_SECONDS * self._rng.random())

    async def _order(self, email: str) -> set[str]:
        attempt = OrderAttempt(str(uuid.uuid4()), email)
        self._history.attempts.append(attempt)
        product_ids = self._rng.sample(self._products[1:], self._rng.randint(1, 3))
        lines = {product_id: self._rng.randint(1, 3) for product_id in product_ids}
        for _ in range(ATTEMPTS):
            if await self._try(attempt, lines):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        # Some clients send a request again although they got a response.
        if self._rng.random() < 0.1:
            await self._try(attempt, lines)
        return attempt.order_ids

    async def _try(self, attempt: OrderAttempt, lines: Mapping[str, int]) -> bool:
        """Send an order, and return whether the response is final."""
        products = [
            {"id": product_id, "quantity": quantity} for product_id, quantity in lines.items()
        ]
        response = await self._request(
            "POST",
            "/api/orders",
            attempt.email,
            {"products": products},
            {"Idempotency-Key": attempt.key},
            EXPECTED_FOR_ORDERS,
        )
        if response.status == 201:
            attempt.order_ids.add(response.body["id"])
        attempt.refused = response.status in {404, 409}
        return response.status in EXPECTED_FOR_ORDERS

    async def _administrate(self) -> None:
        while self._running:
            path = f"/api/products/{self._rng.choice(self._products[1:])}"
            if self._rng.random() < 0.7:
                change = {"quantity_delta": self._rng.randint(-3, 6)}
                await self._request("PATCH", path, ADMIN, change)
            elif (product := await self._request("GET", path, ADMIN)).status == 200:
                price = {"price": self._rng.randint(100, 900) / 100}
                await self._request("PATCH", path, ADMIN, price, {"If-Match": product.etag})
            await asyncio.sleep(3 * PAUSE_SECONDS)

    async def _request(
        self,
        method: str,
        path: str,
        email: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        expected: frozenset[int] = EXPECTED,
    ) -> Response:
        """Send a request, and record an unexpected response."""
        all_headers = {"Authorization": f"Bearer {self._tokens[email]}", **(headers or {})}
        try:
            async with self._session.request(
                method, path, json=body, headers=all_headers
            ) as received:
                content = await received.json(content_type=None)
                response = Response(received.status, content, received.headers.get("ETag", ""))
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self._history.unanswered += 1
            return Response(0)
        self._history.answered += 1
        if response.status not in expected | UNAVAILABLE:
            self._history.unexpected.append(f"{method} {path}: {response.status} {response.body}")
        return response
