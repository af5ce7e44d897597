"""A stack under faults, which can replace services by defective ones and start second replicas."""

import asyncio
import json
import random
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

from bench.consistency import Databases
from pymongo import MongoClient
from pymongo.errors import AutoReconnect
from tests.faults.cards import Sandbox
from tests.faults.checker import Findings
from tests.faults.invariants import ReceivedMail
from tests.faults.links import Link
from tests.faults.tail import Tail
from tests.faults.traffic import Traffic
from tests.faults.wrapped import Defects

from shopkit.testing.smtp import SmtpServer
from stack import Stack
from stack.ports import free_ports, is_open

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
STOP_SECONDS = 30
START_SECONDS = 30
COMMAND_SECONDS = 120
REPLICATED = ("products", "orders")
NONE = Defects()


class Replica:
    """A process of a service, started by this one."""

    def __init__(
        self, service: str, environment: Mapping[str, str], log: Path, *command: str
    ) -> None:
        self.port = int(environment["PORT"])
        self._start_again = partial(Replica, service, environment, log, *command)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.wrapped", service, *command],
                env=environment,
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )

    def again(self) -> "Replica":
        """Start another process like this one."""
        return self._start_again()

    async def wait_until_listening(self) -> None:
        """Wait until the replica accepts connections, or has died as it should.

        Raises:
            AssertionError: It does not.
        """

        def listens_or_died() -> bool:
            return is_open(self.port) or self._process.poll() == -signal.SIGKILL

        await wait_until(listens_or_died, START_SECONDS, "a replica listens")

    async def wait_until_ended(self, seconds: float) -> int:
        """Wait until the process ends, and return its exit code, negative for a signal.

        Raises:
            AssertionError: It does not end.
        """
        await wait_until(lambda: self._process.poll() is not None, seconds, "a process ends")
        return int(self._process.returncode)

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
        defects: The permanent defects of services, which then run without the supervisor.
        smtp: The SMTP server, None if the shop sends no mail.
        sandbox: The sandbox of Stripe, None if the shop takes no cards.

    Attributes:
        rng: The source of randomness of the current fault.
        dead_letter_ids: The dead letters that must exist.
        findings: What the current fault found itself, by invariant.
    """

    def __init__(
        self,
        stack: Stack,
        databases: Databases,
        traffic: Traffic,
        tail: Tail,
        defects: Mapping[str, Defects],
        smtp: SmtpServer | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.stack = stack
        self.databases = databases
        self.traffic = traffic
        self.tail = tail
        self._smtp = smtp
        self._sandbox = sandbox
        self.rng = random.Random()
        self.dead_letter_ids: set[str] = set()
        self.findings: Findings = defaultdict(list)
        self._defects = defects
        self._replacements: dict[str, Replica] = {}

    @property
    def smtp(self) -> SmtpServer:
        """The SMTP server.

        Raises:
            AssertionError: The shop sends no mail.
        """
        assert self._smtp, "the shop sends no mail"
        return self._smtp

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of Stripe.

        Raises:
            AssertionError: The shop takes no cards.
        """
        assert self._sandbox, "the shop takes no cards"
        return self._sandbox

    @property
    def received(self) -> list[ReceivedMail] | None:
        """The mails about orders that the SMTP server received, None if the shop sends none."""
        if self._smtp is None:
            return None
        received = [_received(mail) for mail in self._smtp.received]
        return [mail for mail in received if "/orders/" in mail.content]

    @property
    def sends_mail(self) -> bool:
        """Whether the shop sends mail."""
        return self._smtp is not None

    def has_waiting_mails(self) -> bool:
        """Return whether mails wait to be sent."""
        waiting = self.databases.orders["mails"].find_one({"status": "waiting"})
        return self.sends_mail and waiting is not None

    def _defective(self, service: str, **defects: Any) -> Defects:
        return replace(self._defects.get(service, NONE), **defects)

    def start_replica(
        self,
        service: str,
        *command: str,
        variables: Mapping[str, str] | None = None,
        **defects: Any,
    ) -> Replica:
        """Start a service, or one of its commands, with defects.

        Args:
            service: The service.
            command: The command; none to serve.
            variables: More environment variables.
            defects: The fields of `Defects`.
        """
        environment = {
            **self.stack.environment(service),
            "MONITORING_PORT": "0",
            "DEFECTS": self._defective(service, **defects).to_json(),
            **(variables or {}),
        }
        log = self.stack.settings.state / "logs" / "replicas.log"
        return Replica(service, environment, log, *command)

    async def start_second(
        self, service: str, variables: Mapping[str, str] | None = None
    ) -> Replica:
        """Start another replica of a service, and wait until it listens."""
        [port] = free_ports(1)
        second = self.start_replica(service, variables={"PORT": str(port), **(variables or {})})
        await second.wait_until_listening()
        return second

    async def run_command(self, service: str, *command: str, **defects: Any) -> int:
        """Run a command of a service to its end, and return its exit code."""
        process = self.start_replica(service, *command, **defects)
        try:
            return await process.wait_until_ended(COMMAND_SECONDS)
        finally:
            await process.stop()

    async def replace_defective_services(self, resources: AsyncExitStack) -> None:
        """Run the services with permanent defects, or with cards, until a context ends."""
        if self._sandbox:
            orders = self.replaced("orders", self._sandbox.variables)
            await resources.enter_async_context(orders)
        for service in self._defects.keys() - ({"orders"} if self._sandbox else set()):
            await resources.enter_async_context(self.replaced(service))

    @asynccontextmanager
    async def replaced(
        self, service: str, variables: Mapping[str, str] | None = None, **defects: Any
    ) -> AsyncIterator[Replica]:
        """Run a defective replica in place of a service while the context lasts."""
        earlier = self._replacements.pop(service, None)
        if earlier:
            await earlier.stop()
        else:
            await asyncio.to_thread(self.stack.stop, service)
        replica = self.start_replica(service, variables=variables, **defects)
        self._replacements[service] = replica
        try:
            await replica.wait_until_listening()
            yield replica
        finally:
            await self._replacements.pop(service).stop()
            if earlier:
                self._replacements[service] = earlier.again()
                await self._replacements[service].wait_until_listening()
            else:
                await asyncio.to_thread(self.stack.start, service)

    @asynccontextmanager
    async def two_of_each(
        self, variables_of_second: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Replica]]:
        """Run second replicas, which share the requests, and yield them by service."""
        async with AsyncExitStack() as resources:
            seconds, variables = {}, {}
            for service in REPLICATED:
                second = await self.start_second(service, variables_of_second)
                resources.push_async_callback(second.stop)
                ports = [self.stack.settings.ports[service], second.port]
                link = await resources.enter_async_context(Link(ports))
                seconds[service] = second
                variables[f"{service.upper()}_URL"] = f"http://127.0.0.1:{link.port}"
            await resources.enter_async_context(self.replaced("gateway", variables))
            yield seconds

    @asynccontextmanager
    async def linked(self, service: str, *servers: str) -> AsyncIterator[list[Link]]:
        """Let a service reach servers through links, which it yields, while the context lasts."""
        async with AsyncExitStack() as resources:
            ports = [self.stack.settings.ports[server] for server in servers]
            links = [await resources.enter_async_context(Link([port])) for port in ports]
            redirected = {str(p): link.port for p, link in zip(ports, links, strict=True)}
            await resources.enter_async_context(self.replaced(service, links=redirected))
            yield links

    @asynccontextmanager
    async def with_variables(
        self, program: str, variables: Mapping[str, str]
    ) -> AsyncIterator[None]:
        """Run a program of the stack with more environment variables while the context lasts."""
        file = self.stack.settings.state / "programs" / f"{program}.json"
        original = file.read_text(encoding="utf-8")
        content = json.loads(original)
        content["environment"] |= variables
        file.write_text(json.dumps(content), encoding="utf-8")
        await self.restart(program)
        try:
            yield
        finally:
            file.write_text(original, encoding="utf-8")
            await self.restart(program)

    async def stop(self, program: str) -> None:
        """Stop a program or its replacement gracefully. It stays stopped."""
        if replica := self._replacements.get(program):
            await replica.stop()
        else:
            await asyncio.to_thread(self.stack.stop, program)

    async def start(self, program: str) -> None:
        """Start a program or its replacement, and wait until it is ready."""
        if replica := self._replacements.get(program):
            self._replacements[program] = replica.again()
            await self._replacements[program].wait_until_listening()
        else:
            await asyncio.to_thread(self.stack.start, program)

    async def restart(self, program: str) -> None:
        """Stop a program gracefully and start it again."""
        await self.stop(program)
        await self.start(program)

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

    def primary(self, service: str) -> str:
        """Return the program that is the primary of a service's database."""
        with MongoClient[dict[str, Any]](self.stack.database_url(service, root=True)) as client:
            port = int(client.admin.command("hello")["primary"].rpartition(":")[2])
        ports = self.stack.settings.ports
        return next(name for name, other in ports.items() if other == port)

    async def kill_for_good(self, program: str) -> None:
        """Kill a program of the stack. It stays stopped."""
        stopping = asyncio.create_task(asyncio.to_thread(self.stack.stop, program))
        await asyncio.to_thread(self.stack.kill, program, signal.SIGKILL)
        await stopping

    def step_down(self, service: str) -> None:
        """Let the primary of a service's database step down for some seconds."""
        url = self.stack.database_url(service, root=True)
        # A primary that steps down closes its connections.
        with MongoClient[dict[str, Any]](url) as client, suppress(AutoReconnect):
            client.admin.command("replSetStepDown", 5, force=True)


def _received(mail: EmailMessage) -> ReceivedMail:
    text = mail.get_body(("plain",))
    parts = (mail["To"], mail["Subject"], text.get_content() if text else "")
    return ReceivedMail(mail["Message-ID"].strip("<>").partition("@")[0], "\n".join(parts))


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
