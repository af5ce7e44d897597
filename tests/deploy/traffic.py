"""Customers who read and order at a steady rate while a test disturbs the shop."""

import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx2

READS = ("/", "/api/products", "/api/categories", "/api/orders", "/api/me")
# Connections are not reused. Through a Service's address a connection stays with its pod until the
# pod ends, so a request could fail. A proxy that watches the pods avoids this.
LIMITS = httpx2.Limits(max_keepalive_connections=0)
RETRY_SECONDS = 0.2
TIMEOUT_SECONDS = 180


class Traffic:
    """Reads and orders in several threads while a context lasts.

    Like a customer's client, it repeats an order with the same Idempotency-Key until it is placed,
    so the ids of all placed orders are known.
    """

    def __init__(
        self,
        address: str,
        token: str,
        line: dict[str, Any],
        *,
        readers: int = 2,
        buyers: int = 2,
        pause_seconds: float = 0.1,
    ) -> None:
        """Prepare the threads.

        Args:
            address: The address of the shop.
            token: A customer's access token.
            line: The line of each order, as in the body of `POST /api/orders`.
            readers: How many threads read.
            buyers: How many threads order.
            pause_seconds: How long each thread waits between two requests.
        """
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}
        self._body = {"products": [line]}
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        loops = [self._read] * readers + [self._buy] * buyers
        self._threads = [threading.Thread(target=self._run, args=(loop,)) for loop in loops]
        self.reads = 0
        self.orders: list[str] = []
        self.failures: list[str] = []
        self.longest_seconds = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for_orders(self, count: int) -> None:
        """Wait until this number of further orders has been placed.

        Raises:
            AssertionError: The time is over.
        """
        expected = len(self.orders) + count
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while len(self.orders) < expected:
            assert time.monotonic() < deadline, f"fewer than {count} further orders were placed"
            time.sleep(0.1)

    def __str__(self) -> str:
        return (
            f"{self.reads} reads and {len(self.orders)} orders, {len(self.failures)} failed, "
            f"the slowest took {self.longest_seconds:.1f} s"
        )

    def _run(self, loop: Callable[[httpx2.Client, int], None]) -> None:
        with httpx2.Client(
            base_url=self._address, headers=self._headers, timeout=30, limits=LIMITS
        ) as client:
            count = 0
            while not self._stopping.wait(self._pause_seconds):
                loop(client, count)
                count += 1

    def _read(self, client: httpx2.Client, count: int) -> None:
        if self._send(lambda: client.get(READS[count % len(READS)]), 200):
            with self._lock:
                self.reads += 1

    def _buy(self, client: httpx2.Client, _count: int) -> None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        began = time.monotonic()
        while time.monotonic() - began < TIMEOUT_SECONDS:
            response = self._send(
                lambda: client.post("/api/orders", json=self._body, headers=key), 201
            )
            if response:
                with self._lock:
                    self.orders.append(response.json()["id"])
                    self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                return
            time.sleep(RETRY_SECONDS)

    def _send(
        self, request: Callable[[], httpx2.Response], expected: int
    ) -> httpx2.Response | None:
        """Send a request; return the response if it is as expected, or record the failure."""
        sent_at = time.strftime("%H:%M:%S")
        try:
            response = request()
        except httpx2.HTTPError as error:
            failure = f"{sent_at} {error!r}"
        else:
            if response.status_code == expected:
                return response
            name = f"{response.request.method} {response.url.path}"
            failure = f"{sent_at} {name}: {response.status_code} {response.text[:200]}"
        with self._lock:
            self.failures.append(failure)
        return None
