"""Shoppers who order and cancel, and an admin who changes products, without a pause.

The seed, the fault, the person and the number of the step determine each decision. So a seed
repeats the decisions of a run, even if responses take longer or differ.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.faults.client import Client, Response
from tests.faults.followers import Follower
from tests.faults.history import History, OrderAttempt, View

SHOPPERS = ("aaa@aaa.com", "bbb@bbb.com")
ADMIN = "admin@admin.com"
CROWD = "crowd@faults.example"
SHOPPERS_AT_ONCE = 4
CROWD_SIZE = 120
"""More orders than a batch of the consumer reads in one go at its usual pace."""
PAUSE_SECONDS = 0.1
CROWD_PAUSE_SECONDS = 6.0
ATTEMPTS = 4
CAUGHT_UP_SECONDS = 15
MAX_ADDED = 3
EXPECTED_FOR_ORDERS = frozenset({201, 404, 409})
EXPECTED = frozenset({200, 201, 202, 204, 404, 409, 412})

Step = Callable[[random.Random], Awaitable[object]]


class Traffic:
    """Sends requests to the shop while a context lasts.

    Args:
        client: The connection to the gateway.
        products: The ids of the products: the first is only used by `settle_order`, there is
            plenty of the second, and the others are scarce.
        seed: The seed of the run.
        history: Records the requests and responses.
    """

    def __init__(
        self, client: Client, products: Sequence[str], seed: int, history: History
    ) -> None:
        self._client = client
        self._probed, self._plenty, *self._products = products
        self._seed = seed
        self._history = history
        self._fault = ""
        self._attempted_products = 0
        self._added: list[str] = []
        self._probes = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._followers: list[Follower] = []

    async def __aenter__(self) -> Self:
        """Sign all accounts in."""
        await self._client.register(CROWD)
        for email in (*SHOPPERS, ADMIN, CROWD):
            await self._client.authorization(email)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()
        await self.stop_following()

    def source(self, person: str, step: int = 0) -> random.Random:
        """Return the source of randomness of a person's step."""
        return random.Random(f"{self._seed}/{self._fault}/{person}/{step}")

    def start(self, fault: str) -> None:
        """Begin to send requests, and to follow the streams.

        Args:
            fault: The name of the fault, which the decisions depend on.
        """
        self._fault = fault
        self._probes = self._attempted_products = 0
        self._running = True
        self._history.views = [View(email) for email in (*SHOPPERS, CROWD)]
        self._followers = [Follower(self._client, v, self._history) for v in self._history.views]
        shoppers = [
            self._shop(f"shopper {number}", SHOPPERS[number % 2])
            for number in range(SHOPPERS_AT_ONCE)
        ]
        loops = (
            *shoppers,
            self._repeat("admin", self._administrate, 3 * PAUSE_SECONDS),
            self._repeat("reader", self._look, 3 * PAUSE_SECONDS),
            self._repeat("crowd", self._rush, CROWD_PAUSE_SECONDS),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Stop after the requests in progress. The streams stay open."""
        self._running = False
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def stop_following(self, statuses: Callable[[], Mapping[str, str]] = dict) -> None:
        """Close the streams as soon as they show these statuses, or after some seconds."""
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while time.monotonic() < deadline:
            stored = await asyncio.to_thread(statuses)
            if all(follower.shows(stored) for follower in self._followers):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        followers, self._followers = self._followers, []
        await asyncio.gather(*(follower.stop() for follower in followers))

    async def settle_order(self, seconds: float) -> float | None:
        """Order a product of which there is enough, and wait until the order is decided.

        Args:
            seconds: How long to try.

        Returns:
            The seconds until the order was decided, or None if it was not decided in time.
        """
        self._probes += 1
        began = time.monotonic()
        attempt = self._new_attempt(self.source("probe", self._probes), SHOPPERS[0])
        while time.monotonic() - began < seconds:
            if not attempt.order_ids:
                await self._try(attempt, {self._probed: 1})
            elif await self._is_decided(attempt):
                return time.monotonic() - began
            await asyncio.sleep(0.02)
        return None

    async def _is_decided(self, attempt: OrderAttempt) -> bool:
        [order_id] = attempt.order_ids
        response = await self._send("GET", f"/api/orders/{order_id}", attempt.email)
        return response.status == 200 and response.body["status"] != "PENDING"

    async def _repeat(self, person: str, act: Step, pause: float) -> None:
        number = 0
        while self._running:
            number += 1
            rng = self.source(person, number)
            await act(rng)
            await asyncio.sleep(pause * rng.uniform(0.5, 1))

    async def _shop(self, person: str, email: str) -> None:
        order_ids: list[str] = []

        async def act(rng: random.Random) -> None:
            choice, which = rng.random(), rng.random()
            if choice < 0.12 and order_ids:
                chosen = order_ids.pop(int(which * len(order_ids)))
                await self._send("POST", f"/api/orders/{chosen}/cancel", email, body={})
            elif choice < 0.2:
                order_ids.extend(await self._order_twice_at_once(rng, email))
            else:
                order_ids.extend(await self._order(rng, email))

        await self._repeat(person, act, PAUSE_SECONDS)

    async def _look(self, rng: random.Random) -> None:
        """Read a shopper's newest orders, and record what the response shows."""
        response = await self._send("GET", "/api/orders?limit=50", rng.choice(SHOPPERS))
        if response.status == 200:
            self._history.seen |= {(row["id"], row["status"]) for row in response.body["orders"]}

    async def _order(self, rng: random.Random, email: str) -> set[str]:
        attempt, lines = self._new_attempt(rng, email), self._lines(rng)
        repeats = rng.random() < 0.1
        for _ in range(ATTEMPTS):
            if await self._try(attempt, lines):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        # Some clients send a request again although they got a response.
        if repeats:
            await self._try(attempt, lines)
        return attempt.order_ids

    async def _order_twice_at_once(self, rng: random.Random, email: str) -> set[str]:
        """Send one order twice at the same time, as two tabs of a browser might."""
        attempt, lines = self._new_attempt(rng, email), self._lines(rng)
        await asyncio.gather(self._try(attempt, lines), self._try(attempt, lines))
        return attempt.order_ids

    async def _rush(self, rng: random.Random) -> None:
        """Let many people order one product at once."""
        attempts = [self._new_attempt(rng, CROWD) for _ in range(CROWD_SIZE)]
        await asyncio.gather(*(self._try(attempt, {self._plenty: 1}) for attempt in attempts))

    def _lines(self, rng: random.Random) -> dict[str, int]:
        product_ids = rng.sample(self._products, rng.randint(1, 3))
        lines = {product_id: rng.randint(1, 3) for product_id in product_ids}
        choice, which = rng.random(), rng.random()
        if choice < 0.1 and self._added:
            lines[self._added[int(which * len(self._added))]] = 1
        return lines

    def _new_attempt(self, rng: random.Random, email: str) -> OrderAttempt:
        attempt = OrderAttempt(str(uuid.UUID(int=rng.getrandbits(128))), email)
        self._history.attempts.append(attempt)
        return attempt

    async def _try(
        self,
        attempt: OrderAttempt,
        lines: Mapping[str, int],
        details: Mapping[str, object] | None = None,
    ) -> bool:
        """Send an order, and return whether the response is final."""
        products = [
            {"id": product_id, "quantity": quantity} for product_id, quantity in lines.items()
        ]
        response = await self._client.request(
            "POST",
            "/api/orders",
            attempt.email,
            body={"products": products, **(details or {})},
            headers={"Idempotency-Key": attempt.key},
            expected=EXPECTED_FOR_ORDERS,
        )
        if response.status == 201:
            attempt.order_ids.add(response.body["id"])
        final = response.status in EXPECTED_FOR_ORDERS
        attempt.unanswered |= not final
        attempt.refused = response.status in {404, 409} and not attempt.unanswered
        return final

    async def order_by_card(self, rng: random.Random, email: str) -> str | None:
        """Order a product of which there is enough, to pay it by card, and return the id."""
        attempt = self._new_attempt(rng, email)
        for _ in range(ATTEMPTS):
            if await self._try(attempt, {self._plenty: 1}, {"payment": {"method": "CARD"}}):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        return next(iter(attempt.order_ids), None)

    async def send_about_cards(self, path: str, email: str, body: Mapping[str, object]) -> Response:
        """Send a change that concerns an order that is paid by card."""
        return await self._send("POST", path, email, body=body)

    async def _administrate(self, rng: random.Random) -> None:
        choice, path = rng.random(), f"/api/products/{rng.choice(self._products)}"
        if choice < 0.5:
            change = {"quantity_delta": rng.randint(-3, 8)}
            await self._send("PATCH", path, ADMIN, body=change)
        elif choice < 0.55 and self._attempted_products < MAX_ADDED:
            self._attempted_products += 1
            await self._add_product(rng)
        elif (product := await self._send("GET", path, ADMIN)).status == 200:
            await self._change_details(rng, path, product)

    async def _add_product(self, rng: random.Random) -> None:
        product = {
            "name": f"new {rng.getrandbits(64):x}",
            "description": "A product that an admin added while parts of the shop failed.",
            "price": 2.5,
            "quantity": 5,
            "categories": ["kitchen"],
        }
        response = await self._send("POST", "/api/products", ADMIN, body={"product": product})
        if response.status == 201:
            self._added.append(response.body["id"])

    async def _change_details(self, rng: random.Random, path: str, product: Response) -> None:
        """Archive, restore, rename or reprice a product, as it was read before."""
        condition = {"If-Match": product.etag}
        choice = rng.random()
        if product.body["archived"]:
            await self._send("PATCH", path, ADMIN, body={"archived": False}, headers=condition)
        elif choice < 0.4:
            await self._send("DELETE", path, ADMIN, headers=condition)
        else:
            name, price = {"name": f"renamed {rng.getrandbits(64):x}"}, {"price": rng.randint(1, 9)}
            body = name if choice < 0.6 else price
            await self._send("PATCH", path, ADMIN, body=body, headers=condition)

    async def _send(
        self,
        method: str,
        path: str,
        email: str,
        *,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        return await self._client.request(
            method, path, email, body=body, headers=headers, expected=EXPECTED
        )
