"""Customers who look and buy at a steady rate while something is done to the shop."""

import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx2

READS = ("/", "/api/products", "/api/categories", "/api/orders", "/api/me")
# No connection is used again. A proxy that knows the pods lets go of one that ends; by a Service's
# address a connection stays with its pod to the last, so that a request may meet its end.
LIMITS = httpx2.Limits(max_keepalive_connections=0)
AGAIN_SECONDS = 0.2
PATIENCE_SECONDS = 180


class Traffic:
    """Reads and orders, each asked once every so often by a thread of its own.

    An order that is not taken is sent again under the same key until it is, as a customer's client
    does, so that each of them is placed once and what was answered is known of all.
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
        """Name who buys what.

        Args:
            address: The shop's.
            token: A customer's.
            line: What each order is of, as `POST /api/orders` takes it.
            readers: How many read at once.
            buyers: How many buy at once.
            pause_seconds: How long each of them waits between two requests.
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

    def until_orders(self, count: int) -> None:
        """Wait until so many more orders were taken.

        Raises:
            AssertionError: They were not.
        """
        wanted = len(self.orders) + count
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.orders) < wanted:
            assert time.monotonic() < deadline, f"no {count} more orders are taken"
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
        if self._asked(lambda: client.get(READS[count % len(READS)]), 200):
            with self._lock:
                self.reads += 1

    def _buy(self, client: httpx2.Client, _count: int) -> None:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_SECONDS:
            answer = self._asked(
                lambda: client.post("/api/orders", json=self._body, headers=key), 201
            )
            if answer:
                with self._lock:
                    self.orders.append(answer.json()["id"])
                    self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                return
            time.sleep(AGAIN_SECONDS)

    def _asked(self, request: Callable[[], httpx2.Response], wanted: int) -> httpx2.Response | None:
        at = time.strftime("%H:%M:%S")
        try:
            answer = request()
        except httpx2.HTTPError as error:
            failure = f"{at} {error!r}"
        else:
            if answer.status_code == wanted:
                return answer
            asked = f"{answer.request.method} {answer.url.path}"
            failure = f"{at} {asked}: {answer.status_code} {answer.text[:200]}"
        with self._lock:
            self.failures.append(failure)
        return None
