"""A stack under faults, which can replace services by defective ones and start second replicas."""

import asyncio
import json
import random
import shutil
import signal
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
from stack.ports import is_open

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
STOP_SECONDS = 30
START_SECONDS = 30

Defects = Mapping[str, Any]


class Replica:
    """A process of a service, started by this one."""

    def __init__(self, service: str, environment: dict[str, str], log: Path) -> None:
        self.port = int(environment["PORT"])
        command = [sys.executable, "-m", "tests.faults.wrapped", service]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=output, stderr=output
            )

    async def wait_until_listening(self) -> None:
        """Wait until the replica accepts connections.

        Raises:
            AssertionError: It does not.
        """
        await wait_until(lambda: is_open(self.port), START_SECONDS, "a replica listens")

    async def wait_until_dead(self, seconds: float) -> None:
        """Wait until the replica dies.

        Raises:
            AssertionError: It does not.
        """
        await wait_until(lambda: self._process.poll() is not None, seconds, "a replica dies")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the replica."""
        self._process.send_signal(number)

    async def stop(self) -> None:
        """Stop the replica gracefully, unless it has ended."""
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, STOP_SECONDS)


class Shop:
    """The target of the faults.

    Args:
        stack: The stack.
        databases: Its databases.
        traffic: Its shoppers and its admin.
        tail: The messages in Kafka.
        rng: The source of randomness.
        defects: The permanent defects of services, which then run without the supervisor.
    """

    def __init__(
        self,
        stack: Stack,
        databases: Databases,
        traffic: Traffic,
        tail: Tail,
        rng: random.Random,
        defects: Mapping[str, Defects],
    ) -> None:
        self.stack = stack
        self.databases = databases
        self.traffic = traffic
        self.tail = tail
        self.rng = rng
        self.dead_letter_ids: set[str] = set()
        self._defects = defects
        self._replacements: dict[str, Replica] = {}

    def start_replica(self, service: str, port: int | None = None, **defects: Any) -> Replica:
        """Start a service with defects, on its usual port or another."""
        all_defects = {**self._defects.get(service, {}), **defects}
        environment = self.stack.environment(service) | {"DEFECTS": json.dumps(all_defects)}
        if port is not None:
            environment["PORT"] = str(port)
        return Replica(service, environment, self.stack.settings.state / "replicas.log")

    async def replace_defective_services(self, resources: AsyncExitStack) -> None:
        """Run the services with permanent defects until a context ends."""
        for service in self._defects:
            await resources.enter_async_context(self.replaced(service))

    @asynccontextmanager
    async def replaced(self, service: str, **defects: Any) -> AsyncIterator[Replica]:
        """Run a defective replica in place of a service while the context lasts."""
        earlier = self._replacements.pop(service, None)
        if earlier:
            await earlier.stop()
        else:
            await asyncio.to_thread(self.stack.stop, service)
        replica = self._replacements[service] = self.start_replica(service, **defects)
        await replica.wait_until_listening()
        try:
            yield replica
        finally:
            await self._replacements.pop(service).stop()
            if earlier:
                self._replacements[service] = self.start_replica(service)
                await self._replacements[service].wait_until_listening()
            else:
                await asyncio.to_thread(self.stack.start, service)

    def signal(self, program: str, number: signal.Signals) -> None:
        """Send a signal to a program or its replacement."""
        if replica := self._replacements.get(program):
            replica.signal(number)
        else:
            self.stack.kill(program, number)

    def wipe_broker(self) -> None:
        """Restart the broker without its data."""
        self.stack.stop("kafka")
        shutil.rmtree(self.stack.settings.state / "data" / "kafka")
        self.stack.start("kafka")

    def step_down(self, service: str) -> None:
        """Let the primary of a service's database step down for some seconds."""
        url = self.stack.database_url(service, root=True)
        # A primary that steps down closes its connections.
        with MongoClient[dict[str, Any]](url) as client, suppress(AutoReconnect):
            client.admin.command("replSetStepDown", 5, force=True)


async def wait_until(condition: Callable[[], bool], seconds: float, description: str) -> None:
    """Poll until a condition holds.

    Raises:
        AssertionError: It does not hold within this time.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(condition):
        in_time = asyncio.get_running_loop().time() < deadline
        assert in_time, f"not within {seconds:g} s: {description}"
        await asyncio.sleep(POLL_SECONDS)
