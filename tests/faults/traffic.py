"""Shoppers who order and cancel, and an admin who restocks and changes prices, without a pause."""

import asyncio
import random
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from tests.faults.history import Asked, History

SHOPPERS = ("aaa@aaa.com", "bbb@bbb.com")
ADMIN = "admin@admin.com"
SHOPPERS_AT_ONCE = 4
PAUSE_SECONDS = 0.1
TRIES = 4
ANSWER_SECONDS = 8
# What a shop whose parts fail may say: not now, or too late.
AWAY = frozenset({502, 503, 504})
FORESEEN_OF_ORDERS = frozenset({201, 404, 409})
FORESEEN_OF_REST = frozenset({200, 202, 404, 409, 412})


class Traffic:
    """What goes on in the shop while a context lasts.

    Args:
        url: The gateway's address.
        products: The ids of the products that are dealt in.
        lots: Decides what is done.
        history: What is asked and answered is noted there.
    """

    def __init__(
        self, url: str, products: list[str], lots: random.Random, history: History
    ) -> None:
        self._url = url
        self._products = products
        self._lots = lots
        self._history = history
        self._tokens: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Sign in, and begin."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
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
        """Leave."""
        await self.stop()
        await self._session.close()

    def start(self) -> None:
        """Begin to ask."""
        self._going = True
        shoppers = [self._shop(SHOPPERS[number % 2]) for number in range(SHOPPERS_AT_ONCE)]
        self._tasks = [asyncio.create_task(one) for one in (*shoppers, self._administrate())]

    async def stop(self) -> None:
        """Let everyone finish what they have begun."""
        self._going = False
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def settle_one(self, seconds: float) -> float | None:
        """Order one piece of what nobody else deals in; return the seconds until it is decided.

        None: it was not decided in time.
        """
        asked, began = Asked(str(uuid.uuid4()), SHOPPERS[0]), time.monotonic()
        self._history.asked.append(asked)
        while time.monotonic() - began < seconds:
            if not asked.told:
                await self._try(asked, {self._products[0]: 1})
            elif await self._is_decided(asked):
                return time.monotonic() - began
            await asyncio.sleep(0.02)
        return None

    async def _is_decided(self, asked: Asked) -> bool:
        [order_id] = asked.told
        status, body, _ = await self._ask("GET", f"/api/orders/{order_id}", asked.email)
        return status == 200 and body["status"] != "PENDING"

    async def _sign_in(self, email: str) -> str:
        body = {"email": email, "password": email}
        async with self._session.post("/api/login", json=body) as answer:
            return str((await answer.json())["access_token"])

    async def _shop(self, email: str) -> None:
        mine: list[str] = []
        while self._going:
            if mine and self._lots.random() < 0.15:
                await self._cancel(email, mine.pop(self._lots.randrange(len(mine))))
            else:
                mine += await self._order(email)
            await asyncio.sleep(PAUSE_SECONDS * self._lots.random())

    async def _order(self, email: str) -> set[str]:
        asked = Asked(str(uuid.uuid4()), email)
        self._history.asked.append(asked)
        chosen = self._lots.sample(self._products[1:], self._lots.randint(1, 3))
        lines = {product_id: self._lots.randint(1, 3) for product_id in chosen}
        for _ in range(TRIES):
            if await self._try(asked, lines):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        # Some ask once more, though they were answered.
        if self._lots.random() < 0.1:
            await self._try(asked, lines)
        return asked.told

    async def _try(self, asked: Asked, lines: Mapping[str, int]) -> bool:
        products = [{"id": each, "quantity": count} for each, count in lines.items()]
        status, body, _ = await self._ask(
            "POST",
            "/api/orders",
            asked.email,
            {"products": products},
            {"Idempotency-Key": asked.key},
            FORESEEN_OF_ORDERS,
        )
        if status == 201:
            asked.told.add(body["id"])
        asked.refused = status in {404, 409}
        return status in FORESEEN_OF_ORDERS

    async def _cancel(self, email: str, order_id: str) -> None:
        await self._ask("POST", f"/api/orders/{order_id}/cancel", email, {})

    async def _administrate(self) -> None:
        while self._going:
            path = f"/api/products/{self._lots.choice(self._products[1:])}"
            if self._lots.random() < 0.7:
                await self._ask("PATCH", path, ADMIN, {"quantity_delta": self._lots.randint(-3, 6)})
            elif (seen := await self._ask("GET", path, ADMIN))[0] == 200:
                price = {"price": self._lots.randint(100, 900) / 100}
                await self._ask("PATCH", path, ADMIN, price, {"If-Match": seen[2]})
            await asyncio.sleep(3 * PAUSE_SECONDS)

    async def _ask(
        self,
        method: str,
        path: str,
        email: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        foreseen: frozenset[int] = FORESEEN_OF_REST,
    ) -> tuple[int, Any, str]:
        """Return an answer's status, body and ETag; 0 where there came none."""
        signed = {"Authorization": f"Bearer {self._tokens[email]}", **(headers or {})}
        try:
            async with self._session.request(method, path, json=body, headers=signed) as answer:
                status, told = answer.status, await answer.json(content_type=None)
                tag = answer.headers.get("ETag", "")
        except (aiohttp.ClientError, TimeoutError, ValueError):
            self._history.unanswered += 1
            return 0, None, ""
        self._history.answered += 1
        if status not in foreseen | AWAY:
            self._history.unforeseen.append(f"{method} {path}: {status} {told}")
        return status, told, tag
