"""Shared parts of the benchmarks: a stack with accounts and products, and the figures."""

import contextlib
import http.client
import itertools
import json
import os
import platform
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from bench.load import Load, NextRequest, Response, next_address, request
from bson import ObjectId

from authentication.models.account import Account, AccountRole
from authentication.services.keys import KeyRing
from authentication.services.tokens import AccessTokenIssuer
from shopkit.clock import utc_now
from stack import Stack
from stack.state import State

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local" / "bench"
PRODUCTS = 1_000
STOCK = 1_000_000
SETTINGS = "writes w:majority with the default journal, acks=all, MODE=prod, one process a service"


@dataclass(frozen=True)
class Figure:
    """A measured figure with its goal.

    Args:
        name: What was measured.
        value: The result.
        unit: The unit of the value and the goal.
        goal: The bound, if there is one.
        goal_is_minimum: Whether the goal is a lower bound; otherwise it is an upper bound.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    goal_is_minimum: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None if there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.goal_is_minimum else self.value <= self.goal

    def __str__(self) -> str:
        """Return a line of the report."""
        line = f"{self.name:<58}{self.value:>9,.4g} {self.unit:<4}"
        if self.met is None:
            return line
        return f"{line} goal {self.goal:>6,g} {'met' if self.met else 'MISS'}"


def describe_machine(folder: Path) -> str:
    """Describe this machine, and the disk of a folder."""
    partitions = psutil.disk_partitions(all=True)
    disks = [disk for disk in partitions if folder.is_relative_to(disk.mountpoint)]
    disk = max(disks, key=lambda disk: len(disk.mountpoint))
    kind = f"{disk.fstype}, IN MEMORY" if disk.fstype in {"tmpfs", "ramfs"} else disk.fstype
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, {memory:.0f} GiB, data on {kind}, "
        f"load {load:.1f} before"
    )


class Shop:
    """A running stack, used through nginx."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.port = stack.settings.ports["shop"]

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a visitor's POST request and return the body of the response.

        Raises:
            SystemExit: The request failed.
        """
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(next_address(), 0)
        )
        headers = {"Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            content = response.read()
        if response.status >= 300:
            raise SystemExit(f"POST {path} returned {response.status}: {content!r}")
        return json.loads(content)

    def sign_in(self, email: str, password: str) -> str:
        """Return an access token, which is valid for 15 minutes."""
        tokens = self.post("/api/login", {"email": email, "password": password})
        return str(tokens["access_token"])

    def register_shoppers(self, count: int) -> list[str]:
        """Register shoppers and return their access tokens."""
        emails = [f"shopper{number}@bench.example" for number in range(count)]
        for email in emails:
            self.post("/api/register", {"email": email, "password": email})
        return [self.sign_in(email, email) for email in emails]

    def issue_tokens(self, count: int, minutes: float = 15) -> list[str]:
        """Return access tokens of different shoppers.

        They are signed with the key of the stack, because the number of registrations is limited.

        Args:
            count: The number of shoppers.
            minutes: How long the tokens are valid.
        """
        pem = State(self.stack.settings.state).signing_key_file().read_text(encoding="utf-8")
        issuer = AccessTokenIssuer(KeyRing.from_pem(pem, None), lifetime=timedelta(minutes=minutes))
        now = utc_now()
        tokens = []
        for number in range(count):
            email = f"shopper{number}@bench.example"
            account = Account(
                id=ObjectId(),
                email=email,
                shown_email=email,
                role=AccountRole.USER,
                password_hash="",
            )
            iat = int(now.timestamp())
            tokens.append(issuer.issue(account, session_id=f"{number}", iat=iat, now=now))
        return tokens

    async def add_products(self, stocks: Mapping[str, int]) -> dict[str, str]:
        """Add products as an admin, and return their ids by name.

        Args:
            stocks: The stock of each product, by name.
        """
        token = self.sign_in("admin@admin.com", "admin@admin.com")
        bodies = [_product(name, quantity) for name, quantity in stocks.items()]
        requests = iter([request("POST", "/api/products", token, body) for body in bodies])
        # One connection, because all requests write to the same category.
        load = Load(self.port, connections=1)
        responses = await load.back_to_back(lambda _: next(requests, None))
        expect_status(responses, 201)
        products = [json.loads(response.body) for response in responses]
        return {product["name"]: product["id"] for product in products}


def _product(name: str, quantity: int) -> dict[str, Any]:
    return {
        "product": {
            "name": name,
            "description": f"A {name} of the benchmark, described in a sentence of usual length.",
            "price": 5.99,
            "quantity": quantity,
            "categories": ["kitchen"],
        }
    }


def many_products() -> dict[str, int]:
    """Return the stocks of the usual catalogue, by name."""
    return {f"product {number}": STOCK for number in range(PRODUCTS)}


def orders_of(tokens: Sequence[str], product_ids: Sequence[str]) -> NextRequest:
    """Return a function that returns orders, each for one piece of a random product.

    A shopper keeps the address of their first order.

    Args:
        tokens: The access tokens of the shoppers.
        product_ids: The products.
    """
    rng = random.Random(1)
    keys, run = itertools.count(), ObjectId()
    shoppers: dict[str, str] = {}

    def next_request(address: str) -> bytes:
        return request(
            "POST",
            "/api/orders",
            shoppers.setdefault(address, tokens[len(shoppers) % len(tokens)]),
            {"products": [{"id": rng.choice(product_ids), "quantity": 1}]},
            Idempotency_Key=f"{run}-{next(keys)}",
        )

    return next_request


def expect_status(responses: Sequence[Response], status: int) -> None:
    """Check that all responses have a status.

    Raises:
        SystemExit: A response has another status, so the measurement is invalid.
    """
    for response in responses:
        if response.status != status:
            raise SystemExit(f"expected {status}, got {response.status}: {response.body!r}")


@contextmanager
def running_shop(folder: Path = STATE, members: int = 1, mail: str = "off") -> Iterator[Shop]:
    """Run an empty stack on free ports, with its data on the disk of this folder.

    Args:
        folder: The state folder.
        members: How many members each database and Kafka have.
        mail: Whether it sends mail, "on" or "off".
    """
    if folder.exists():
        # A killed run leaves its stack behind.
        Stack.in_folder(folder).down()
        shutil.rmtree(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stack = Stack.in_folder(
        folder,
        MODE="prod",
        SEED="demo",
        LOG_LEVEL="WARNING",
        WEB="none",
        MAIL=mail,
        MEMBERS=str(members),
    )
    try:
        stack.up(["databases", "kafka", "services", "nginx"])
        yield Shop(stack)
    finally:
        stack.down()
        shutil.rmtree(folder, ignore_errors=True)


class Costs:
    """The CPU time of each program of a stack, and of the load, since this was created.

    Args:
        stack: The stack.
        more: The ids of processes that run beside the stack.
    """

    def __init__(self, stack: Stack, more: Iterable[int] = ()) -> None:
        self._pids = {status.name: status.pid for status in stack.status() if status.pid}
        self._pids |= {str(pid): pid for pid in more}
        self._began = time.monotonic()
        self._before = self._seconds()

    def per_item(self, count: int, item: str) -> str:
        """Describe the CPU time of each program for one item, and its share of the machine.

        The text also says how many items a second all cores could handle.

        Args:
            count: How many items were handled.
            item: What an item is.
        """
        cores = os.cpu_count() or 1
        available = (time.monotonic() - self._began) * cores
        spent = {name: after - self._before[name] for name, after in self._seconds().items()}
        parts = [
            f"{name} {seconds / count * 1000:.2f} ({seconds / available:.0%})"
            for name, seconds in sorted(spent.items(), key=lambda pair: -pair[1])
            if seconds / available >= 0.005
        ]
        total = sum(spent.values()) / count
        return (
            f"  ms of CPU for {item} (share of the machine): {', '.join(parts)}; total "
            f"{total * 1000:.2f}, so all cores could handle {cores / total:.0f}/s; "
            f"load now {os.getloadavg()[0]:.1f}"
        )

    def milliseconds(self, count: int) -> float:
        """Return the CPU time of all programs for one of so many items."""
        after = self._seconds()
        return 1000 * sum(after[name] - self._before[name] for name in after) / count

    def share_of_a_core(self) -> dict[str, float]:
        """Return the share of a core that each program has used, in percent."""
        elapsed = time.monotonic() - self._began
        return {
            name: 100 * (after - self._before[name]) / elapsed
            for name, after in self._seconds().items()
        }

    def _seconds(self) -> dict[str, float]:
        seconds = {name: _family_seconds(pid) for name, pid in self._pids.items()}
        return {**seconds, "load": time.process_time()}


def _family_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:2]) for member in family)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that this percentage of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
