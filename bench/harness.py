"""What benchmarks of the whole stack share: the stack, its accounts and products, and figures."""

import json
import os
import platform
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from bench.load import Answer, Load, request

from stack import Stack

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local" / "bench"
PRODUCTS = 1_000
STOCK = 1_000_000
SETTINGS = "writes w:majority with the default journal, acks=all, MODE=prod, one process a service"


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its goal; `least` is False where smaller is better."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    least: bool = True

    def __str__(self) -> str:
        """Return a line of the report."""
        line = f"{self.what:<58}{self.value:>9,.4g} {self.unit:<4}"
        if self.goal is None:
            return line
        met = self.value >= self.goal if self.least else self.value <= self.goal
        return f"{line} goal {self.goal:>6,g} {'met' if met else 'MISS'}"


def machine(folder: Path) -> str:
    """Return what was measured on."""
    disks = [each for each in psutil.disk_partitions(all=True) if folder.is_relative_to(each[1])]
    disk = max(disks, key=lambda each: len(each.mountpoint))
    kind = f"{disk.fstype}, IN MEMORY" if disk.fstype in {"tmpfs", "ramfs"} else disk.fstype
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, {memory:.0f} GiB, data on {kind}, "
        f"load {load:.1f} before"
    )


class Shop:
    """A running stack, seen from its door."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.port = stack.settings.ports["shop"]

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return what a visitor's POST is answered."""
        asked = urllib.request.Request(  # noqa: S310 - our own address.
            f"{self.stack.settings.shop_url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def sign_in(self, email: str, password: str) -> str:
        """Return an access token, which lives for 15 minutes."""
        answer = self.post("/api/login", {"email": email, "password": password})
        return str(answer["access_token"])

    def shoppers(self, count: int) -> list[str]:
        """Register shoppers and return their access tokens."""
        emails = [f"shopper{number}@bench.example" for number in range(count)]
        for email in emails:
            self.post("/api/register", {"email": email, "password": email})
        return [self.sign_in(email, email) for email in emails]

    async def add_products(self, stocks: Mapping[str, int]) -> dict[str, str]:
        """Add products as an admin does and return their ids by name.

        Args:
            stocks: How many there are of each name.
        """
        token = self.sign_in("admin@admin.com", "admin@admin.com")
        requests = iter(
            [request("POST", "/api/products", token, _product(*each)) for each in stocks.items()]
        )
        # One after the other: all of them write to the same category.
        answers = await Load(self.port, connections=1).back_to_back(lambda: next(requests, None))
        expect(answers, 201)
        added = [json.loads(answer.body) for answer in answers]
        return {product["name"]: product["id"] for product in added}


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
    """Return the usual catalogue: names, with plenty of each."""
    return {f"product {number}": STOCK for number in range(PRODUCTS)}


def expect(answers: Sequence[Answer], status: int) -> None:
    """Return where all answers have a status.

    Raises:
        SystemExit: One has another: what was measured means nothing.
    """
    for answer in answers:
        if answer.status != status:
            raise SystemExit(f"{answer.status} where {status} was expected: {answer.body!r}")


@contextmanager
def shop(folder: Path = STATE) -> Iterator[Shop]:
    """Run an empty stack on free ports, with its data on the disk of this folder."""
    if folder.exists():
        # A run that was killed has left its stack.
        Stack.in_folder(folder).down()
        shutil.rmtree(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stack = Stack.in_folder(folder, MODE="prod", SEED="demo", LOG_LEVEL="WARNING", WEB="none")
    try:
        stack.up(["databases", "kafka", "services", "nginx"])
        yield Shop(stack)
    finally:
        stack.down()
        shutil.rmtree(folder, ignore_errors=True)


class Costs:
    """The CPU seconds of each program of a stack, and of the load itself, since it was made."""

    def __init__(self, stack: Stack) -> None:
        self._pids = {status.name: status.pid for status in stack.status() if status.pid}
        self._began = time.monotonic()
        self._before = self._seconds()

    def per(self, count: int, what: str) -> str:
        """Return the milliseconds that each program spent for one of so many, and its share.

        With them, how many a second all cores would do if nothing else ran on them.
        """
        cores = os.cpu_count() or 1
        wall = (time.monotonic() - self._began) * cores
        spent = {name: after - self._before[name] for name, after in self._seconds().items()}
        parts = [
            f"{name} {seconds / count * 1000:.2f} ({seconds / wall:.0%})"
            for name, seconds in sorted(spent.items(), key=lambda pair: -pair[1])
            if seconds / wall >= 0.005
        ]
        together = sum(spent.values()) / count
        return (
            f"  ms of CPU {what} (share of the machine): {', '.join(parts)}; together "
            f"{together * 1000:.2f}, which is {cores / together:.0f}/s of a machine to itself; "
            f"load now {os.getloadavg()[0]:.1f}"
        )

    def _seconds(self) -> dict[str, float]:
        seconds = {name: _family_seconds(pid) for name, pid in self._pids.items()}
        return {**seconds, "load": time.process_time()}


def _family_seconds(pid: int) -> float:
    top = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in [top, *top.children(recursive=True)])


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
