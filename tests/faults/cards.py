"""Customers who pay by card in the sandbox of Stripe, and an admin who pays back."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from bench.consistency import Databases, Document
from bson import ObjectId
from tests.faults import card_invariants
from tests.faults.card_invariants import Provider
from tests.faults.checker import Findings
from tests.faults.client import Response
from tests.faults.traffic import ADMIN, SHOPPERS, Traffic

from stack.ports import free_ports, is_open

KEYS = {"STRIPE_SECRET_KEY": "sk_test_faults", "STRIPE_WEBHOOK_SECRETS": "whsec_faults"}
CUSTOMERS = 6
PAUSE_SECONDS = 0.3
QUIET_SECONDS = 75
"""Longer than a deadline (a minute), and than a lost webhook."""
EXPECTED = frozenset({200, 202, 409})
START_SECONDS = 20

Act = Callable[[str, random.Random], Awaitable[None]]


class Sandbox:
    """A sandbox of Stripe, which can be killed."""

    def __init__(self, folder: Path, webhook_url: str) -> None:
        [self._port] = free_ports(1)
        self._folder = folder
        self._webhook_url = webhook_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def variables(self) -> dict[str, str]:
        """The variables of orders-ms that takes cards here. Production would refuse them."""
        return {**KEYS, "STRIPE_API_BASE": self.url, "ENVIRONMENT": "development"}

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = await asyncio.to_thread(self._run)
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(is_open, self._port):
                await asyncio.sleep(0.05)

    def _run(self) -> subprocess.Popen[bytes]:
        with (self._folder / "logs" / "sandbox.log").open("ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "shopkit.stripe_sandbox"),
                    *(str(self._folder / "sandbox.db"), "--port", str(self._port)),
                    *("--webhook-url", self._webhook_url),
                ],
                env=KEYS,
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """Kill it. Its objects stay."""
        if self._process:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request to it.

        Raises:
            aiohttp.ClientError: It is down, or refuses.
        """
        async with (
            aiohttp.ClientSession(self.url) as session,
            session.request(method, f"/sandbox/{path}", json=body) as response,
        ):
            response.raise_for_status()
            return await response.json()

    async def switch(self, **switches: Any) -> None:
        """Set its switches, and the others to their defaults."""
        await self.request("PUT", "switches", switches)

    async def decide_refunds(self) -> None:
        """Let all refunds that are undecided succeed."""
        for refund in await self.request("GET", "refund"):
            if refund["status"] == "pending":
                succeed = {"outcome": "succeed"}
                await self.request("POST", f"refunds/{refund['id']}/settle", succeed)

    async def provider(self) -> Provider:
        """Return everything that it knows."""
        return Provider(
            payments=await self.request("GET", "payment_intent"),
            refunds=await self.request("GET", "refund"),
            disputes=await self.request("GET", "dispute"),
        )


@asynccontextmanager
async def running_sandbox(folder: Path, webhook_url: str) -> AsyncIterator[Sandbox]:
    """Run a sandbox while the context lasts."""
    sandbox = Sandbox(folder, webhook_url)
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.kill()


class CardCustomers:
    """Customers who pay by card, give up, cancel while they pay, and get money back."""

    def __init__(self, traffic: Traffic, sandbox: Sandbox, databases: Databases) -> None:
        self._traffic = traffic
        self._sandbox = sandbox
        self._databases = databases
        self._tasks: list[asyncio.Task[None]] = []
        self._running = False

    def start(self) -> None:
        """Begin to order and to pay."""
        self._running = True
        self._tasks = [asyncio.create_task(self._shop(number)) for number in range(CUSTOMERS)]

    async def stop(self) -> None:
        """Stop after the orders in progress."""
        self._running = False
        tasks, self._tasks = self._tasks, []
        await asyncio.gather(*tasks)

    async def find(self) -> Findings:
        """Wait until the shop has nothing to do about cards, and return what is wrong then."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + QUIET_SECONDS
        while loop.time() < deadline:
            if not await self._is_unfinished() and not any((await self._findings()).values()):
                break
            await asyncio.sleep(1)
        return await self._findings()

    async def _findings(self) -> Findings:
        orders, provider = await asyncio.to_thread(self._orders), await self._sandbox.provider()
        return {
            "C12": card_invariants.wrong_sums(orders, provider),
            "C13": card_invariants.kept_money(orders, provider),
            "C14": card_invariants.wrong_receipts(orders, provider),
            "C15": card_invariants.overdue(orders, datetime.now(UTC)),
        }

    async def _is_unfinished(self) -> bool:
        orders, now = await asyncio.to_thread(self._orders), datetime.now(UTC)
        return any(card_invariants.is_unfinished(order, now) for order in orders)

    def _orders(self) -> Sequence[Document]:
        rows = self._databases.orders["orders"].find({"payment.method": "CARD"})
        # The driver returns times in UTC, without saying so.
        found = list(rows)
        for order in found:
            if due_at := order["payment"].get("due_at"):
                order["payment"]["due_at"] = due_at.replace(tzinfo=UTC)
        return found

    async def _shop(self, number: int) -> None:
        acts: Sequence[Act] = (
            self._pay,
            self._pay_twice,
            self._give_up,
            self._cancel_while_paying,
            self._cancel_after_paying,
            self._get_money_back,
            self._wait_for_the_bank,
            self._collect,
        )
        step = number
        while self._running:
            rng = self._traffic.source(f"card {number}", step)
            email = SHOPPERS[number % 2]
            order_id = await self._traffic.order_by_card(rng, email)
            if order_id and await self._is_due(order_id):
                # A fault may interrupt any step, and the customer then gives up.
                with suppress(aiohttp.ClientError, TimeoutError):
                    await acts[step % len(acts)](order_id, rng)
            step += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _is_due(self, order_id: str) -> bool:
        for _ in range(40):
            order = await asyncio.to_thread(self._order, order_id)
            if order and order.get("payment", {}).get("state") == "DUE":
                return True
            await asyncio.sleep(0.2)
        return False

    def _order(self, order_id: str) -> Document | None:
        return self._databases.orders["orders"].find_one({"_id": ObjectId(order_id)})

    async def _post(self, path: str, email: str, body: Mapping[str, Any]) -> Response:
        return await self._traffic.send_about_cards(f"/api/{path}", email, body)

    async def _owner(self, order_id: str) -> str:
        order = await asyncio.to_thread(self._order, order_id)
        assert order
        return str(order["client_email"])

    async def _session(self, order_id: str) -> str:
        """Return the id of a page to pay on."""
        email = await self._owner(order_id)
        for _ in range(20):
            response = await self._post(f"orders/{order_id}/pay", email, {})
            if response.status == 200:
                return str(response.body["url"].rpartition("/")[2])
            await asyncio.sleep(0.5)
        raise TimeoutError

    async def _pay(self, order_id: str, _rng: random.Random) -> None:
        session = await self._session(order_id)
        await self._sandbox.request("POST", f"sessions/{session}/pay")

    async def _pay_twice(self, order_id: str, _rng: random.Random) -> None:
        """Press the button twice at once."""
        sessions = await asyncio.gather(self._session(order_id), self._session(order_id))
        for session in set(sessions):
            await self._sandbox.request("POST", f"sessions/{session}/pay")

    async def _give_up(self, order_id: str, rng: random.Random) -> None:
        """Open the page, and do not pay. The deadline is now, instead of in an hour."""
        if rng.random() < 0.7:
            await self._session(order_id)
        now = datetime.now(UTC) + timedelta(seconds=1)
        await asyncio.to_thread(
            self._databases.orders["orders"].update_one,
            {"_id": ObjectId(order_id), "payment.state": "DUE"},
            {"$set": {"payment.due_at": now, "payment.act_at": now}},
        )

    async def _cancel(self, order_id: str) -> None:
        await self._post(f"orders/{order_id}/cancel", await self._owner(order_id), {})

    async def _cancel_while_paying(self, order_id: str, _rng: random.Random) -> None:
        session = await self._session(order_id)
        paying = self._sandbox.request("POST", f"sessions/{session}/pay")
        await asyncio.gather(self._cancel(order_id), paying, return_exceptions=True)

    async def _cancel_after_paying(self, order_id: str, rng: random.Random) -> None:
        await self._pay(order_id, rng)
        await asyncio.sleep(rng.uniform(0, 3))
        await self._cancel(order_id)

    async def _get_money_back(self, order_id: str, rng: random.Random) -> None:
        """Let two admins pay something back at once."""
        await self._pay(order_id, rng)
        await asyncio.sleep(2)
        path, body = f"admin/orders/{order_id}/refunds", {"amount": 0.5, "reason": "Scratched"}
        await asyncio.gather(*(self._post(path, ADMIN, body) for _ in range(2)))

    async def _wait_for_the_bank(self, order_id: str, rng: random.Random) -> None:
        session = await self._session(order_id)
        await self._sandbox.request("POST", f"sessions/{session}/hang")
        await asyncio.sleep(rng.uniform(0, 3))
        outcome = {"outcome": rng.choice(["succeed", "fail"])}
        await self._sandbox.request("POST", f"sessions/{session}/settle", outcome)

    async def _collect(self, order_id: str, rng: random.Random) -> None:
        """Try to collect the order, which only works once it is paid."""
        path = f"admin/orders/{order_id}/collected"
        await self._post(path, ADMIN, {})
        await self._pay(order_id, rng)
        await asyncio.sleep(rng.uniform(0, 3))
        await self._post(path, ADMIN, {})
