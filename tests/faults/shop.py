"""A stack under faults: services can be replaced by ones that fail, and joined by second ones."""

import asyncio
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bench.consistency import Databases
from pymongo import MongoClient
from pymongo.errors import AutoReconnect
from tests.faults.tail import Tail
from tests.faults.traffic import Traffic

from stack import Stack

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
END_SECONDS = 30
STARTED_SECONDS = 30


class Replica:
    """A service's process that this one has started."""

    def __init__(self, service: str, environment: dict[str, str], log: Path) -> None:
        self.port = int(environment["PORT"])
        command = [sys.executable, "-m", "tests.faults.wrapped", service]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=output, stderr=output
            )

    async def answers(self) -> None:
        """Return once it takes connections.

        Raises:
            AssertionError: It does not.
        """
        await eventually(lambda: _is_open(self.port), STARTED_SECONDS, "a replica answers")

    async def dies(self, seconds: float) -> None:
        """Return once it has died by itself.

        Raises:
            AssertionError: It has not.
        """
        await eventually(lambda: self._process.poll() is not None, seconds, "a replica dies")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def end(self) -> None:
        """Have it end in order, if it has not."""
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, END_SECONDS)


class Shop:
    """What faults are done to.

    Args:
        stack: It.
        databases: Its databases.
        traffic: The people in it.
        tail: What was found in Kafka.
        lots: Decides what is by random.
        wrong: What is wrong with a service all the time, which the supervisor then does not run.
    """

    def __init__(
        self,
        stack: Stack,
        databases: Databases,
        traffic: Traffic,
        tail: Tail,
        lots: random.Random,
        wrong: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.stack = stack
        self.databases = databases
        self.traffic = traffic
        self.tail = tail
        self.lots = lots
        self.poison: list[str] = []
        self._wrong = wrong
        self._standing: dict[str, Replica] = {}

    def replica(self, service: str, port: int | None = None, **faults: Any) -> Replica:
        """Start a service with what is wrong with it, at the port of its own or another."""
        told = {**self._wrong.get(service, {}), **faults}
        environment = self.stack.environment(service) | {"FAULTS": json.dumps(told)}
        if port is not None:
            environment["PORT"] = str(port)
        return Replica(service, environment, self.stack.settings.state / "replicas.log")

    async def stand_in(self, until: AsyncExitStack) -> None:
        """Have services run as they are wrong all the time, until a context ends."""
        for service in self._wrong:
            await until.enter_async_context(self.replaced(service))

    @asynccontextmanager
    async def replaced(self, service: str, **faults: Any) -> AsyncIterator[Replica]:
        """Have one with faults in a service's place while the context lasts."""
        before = self._standing.pop(service, None)
        if before:
            await before.end()
        else:
            await asyncio.to_thread(self.stack.stop, service)
        replica = self._standing[service] = self.replica(service, **faults)
        await replica.answers()
        try:
            yield replica
        finally:
            await self._standing.pop(service).end()
            if before:
                self._standing[service] = self.replica(service)
                await self._standing[service].answers()
            else:
                await asyncio.to_thread(self.stack.start, service)

    def signal(self, program: str, number: signal.Signals) -> None:
        """Send a signal to a program, or to what stands in its place."""
        if replica := self._standing.get(program):
            replica.signal(number)
        else:
            self.stack.kill(program, number)

    def wipe_broker(self) -> None:
        """Stop the broker, and start it without its data."""
        self.stack.stop("kafka")
        shutil.rmtree(self.stack.settings.state / "data" / "kafka")
        self.stack.start("kafka")

    def step_down(self, service: str) -> None:
        """Have a database's primary refuse to be one for some seconds."""
        url = self.stack.database_url(service, root=True)
        # It cuts its connections as it does.
        with MongoClient[dict[str, Any]](url) as client, suppress(AutoReconnect):
            client.admin.command("replSetStepDown", 5, force=True)


async def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until a condition holds.

    Raises:
        AssertionError: It does not within this time.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(condition):
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(POLL_SECONDS)


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
