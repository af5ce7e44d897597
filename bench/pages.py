"""Measures pages of the catalogue: 1,000 addresses, requested with a Zipf distribution.

It runs its own stack. Visitors request the pages through nginx, which answers most of them itself.
In turns with that, they request a single page; another nginx serves files of the same size, with
which the goal compares; and a process that only answers shows how much the load could send. Then
signed-in shoppers request the same pages, and a single one, which come from products-ms. Afterwards
the projection is compared with the products; the exit code is 1 if they differ.
"""

import asyncio
import itertools
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, differing_products
from bench.gateway import cpu_seconds, process
from bench.harness import Figure, Shop
from bench.load import Load, next_address, request
from psutil import Process

from stack import tools
from stack.ports import free_ports, is_open

ADDRESSES = 1_000
DRAWS = 200_000
"""After so many requests, the load repeats them."""
SHARE_OF_FILES, SIGNED_IN = 0.6, 2_500
CONFIGURATION = """
worker_processes auto; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; default_type application/json;
    # By default nginx closes a connection after 1,000 requests, which would limit its rate.
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


class Client(asyncio.Protocol):
    """Sends its next request after each complete response.

    It parses no more of a response than its status and its length, because it shares the cores with
    what it measures.
    """

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._missing = -1
        self._head = b""
        self.count = 0
        self.problem = ""

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it.
        """Remember that the connection sends no further requests."""
        self.problem = self.problem or "closed before the end"

    def data_received(self, data: bytes) -> None:
        """Count complete responses."""
        if self._missing < 0:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            self._head = b""
            if not head.startswith(b"HTTP/1.1 200"):
                self.problem = head.decode()
                return
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._missing = int(length)
        self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self.count += 1
            self._transport.write(next(self._requests))


class OnlyAnswers(asyncio.Protocol):
    """Answers each request with the same bytes."""

    def __init__(self, size_bytes: int) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {size_bytes}\r\n\r\n"
        self._answer = head.encode() + b"x" * size_bytes

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, _data: bytes) -> None:
        """Answer."""
        self._transport.write(self._answer)


@dataclass(frozen=True)
class Target:
    """What is measured.

    Args:
        name: What it is called in the report.
        port: Its port.
        requests: The requests of each connection.
        programs: The processes whose CPU time is printed, by name.
    """

    name: str
    port: int
    requests: Sequence[Iterator[bytes]]
    programs: Mapping[str, Process]

    async def rate(self, seconds: float) -> float:
        """Send requests, print what each costs, and return the number of responses a second.

        Raises:
            SystemExit: A response is not 200, so the measurement is invalid.
        """
        loop = asyncio.get_running_loop()
        clients = [Client(requests) for requests in self.requests]
        for client in clients:
            # Each has its own address, because nginx limits what a client may send.
            address = (next_address(), 0)
            await loop.create_connection(
                lambda client=client: client,  # type: ignore[misc]
                "127.0.0.1",
                self.port,
                local_addr=address,
            )
        before = self._cpu_seconds()
        began = sum(client.count for client in clients)
        await asyncio.sleep(seconds)
        count = sum(client.count for client in clients) - began
        spent = {name: after - before[name] for name, after in self._cpu_seconds().items()}
        for client in clients:
            if client.problem:
                sys.exit(f"{self.name}: {client.problem}")
            client.problem = "ended"
            client._transport.abort()  # noqa: SLF001
        costs = ", ".join(
            f"{name} {cpu / count * 1e6:.0f}"
            for name, cpu in sorted(spent.items(), key=lambda pair: -pair[1])
            if cpu / count >= 0.5e-6
        )
        print(f"  {self.name:<28}{count / seconds:>8,.0f}/s, µs of CPU each: {costs}")
        return count / seconds

    def _cpu_seconds(self) -> dict[str, float]:
        seconds = {name: cpu_seconds(program) for name, program in self.programs.items()}
        return {**seconds, "load": sum(Process().cpu_times()[:2])}


def zipf(paths: Sequence[str], token: str, seed: int) -> Iterator[bytes]:
    """Return endless requests. The address of rank n is n times rarer than the first one."""
    contents = [request("GET", path, token, Accept_Encoding="identity") for path in paths]
    weights = [1 / rank for rank in range(1, len(paths) + 1)]
    return itertools.cycle(random.Random(seed).choices(contents, weights, k=DRAWS // 100))


@contextmanager
def answering(port: int, size_bytes: int) -> Iterator[Process]:
    """Run a process that only answers."""
    with process(sys.executable, "-m", "bench.pages", "--answer", f"{port}:{size_bytes}") as only:
        yield only


@contextmanager
def serving_files(bodies: Mapping[str, bytes], port: int) -> Iterator[Process]:
    """Run an nginx that serves files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "files").mkdir()
        for file, body in bodies.items():
            (folder / "files" / file).write_bytes(body)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
        with process(tools.nginx(), "-p", name, "-c", str(configuration)) as nginx:
            yield nginx


async def wait_until_open(*ports: int) -> None:
    """Wait until the ports accept connections."""
    async with asyncio.timeout(30):
        while not all(map(is_open, ports)):
            await asyncio.sleep(0.05)


async def answer(port: int, size_bytes: int) -> None:
    """Answer on a port until the process is terminated."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: OnlyAnswers(size_bytes), "127.0.0.1", port)
    await server.serve_forever()


async def measure(shop: Shop, seconds: float, rounds: int, connections: int) -> list[Figure]:
    """Add the products, then request pages of them."""
    await shop.add_products(harness.many_products())
    # All have the same twenty products, so that all responses have the same size.
    paths = [f"/api/products?limit=20&max_price={10 + number}" for number in range(ADDRESSES)]
    body = await _body_of(shop, paths[0])
    print(f"  {ADDRESSES} addresses, {len(body)} bytes each")
    files = {f"{number}.json": body for number in range(ADDRESSES)}
    files_port, answering_port = free_ports(2)
    programs = {status.name: Process(status.pid) for status in shop.stack.status() if status.pid}
    with ExitStack() as resources:
        nginx = resources.enter_context(serving_files(files, files_port))
        only = resources.enter_context(answering(answering_port, len(body)))
        await wait_until_open(files_port, answering_port)

        def load_of(paths: Sequence[str], tokens: Sequence[str]) -> list[Iterator[bytes]]:
            return [zipf(paths, token, seed) for seed, token in enumerate(tokens)]

        visitors, tokens = [""] * connections, shop.issue_tokens(connections)
        file_paths = [f"/{name}" for name in files]
        targets = [
            Target("nginx, files", files_port, load_of(file_paths, visitors), {"nginx": nginx}),
            Target("visitors", shop.port, load_of(paths, visitors), programs),
            # Nearly all come from the cache, so this shows what renewing the other pages takes.
            Target("visitors, one page", shop.port, load_of(paths[:1], visitors), programs),
            Target("the load alone", answering_port, load_of(paths, visitors), {"it": only}),
        ]
        rates = await _rates(targets, rounds, seconds)
        shoppers = Target("signed in", shop.port, load_of(paths, tokens), programs)
        hot = Target("signed in, one page", shop.port, load_of(paths[:1], tokens), programs)
        signed_in = await _rates([shoppers, hot], rounds, seconds)
    return [
        Figure("pages for visitors", rates["visitors"], "/s"),
        Figure("files of that size by nginx", rates["nginx, files"], "/s"),
        Figure("the load's own ceiling", rates["the load alone"], "/s"),
        Figure(
            "pages for visitors / files",
            rates["visitors"] / rates["nginx, files"],
            "",
            SHARE_OF_FILES,
        ),
        Figure("one page for visitors", rates["visitors, one page"], "/s"),
        Figure(
            "one page for visitors / files", rates["visitors, one page"] / rates["nginx, files"], ""
        ),
        Figure("pages for signed-in shoppers", signed_in["signed in"], "/s", SIGNED_IN),
        Figure("one page for signed-in shoppers", signed_in["signed in, one page"], "/s"),
    ]


async def _rates(targets: Sequence[Target], rounds: int, seconds: float) -> dict[str, float]:
    """Measure targets in turns, and return the median rate of each by name."""
    for target in targets:
        await target.rate(min(2, seconds))
    print("  warm")
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            rates[target.name].append(await target.rate(seconds))
    return {name: statistics.median(values) for name, values in rates.items()}


async def _body_of(shop: Shop, path: str) -> bytes:
    content = iter([request("GET", path, Accept_Encoding="identity")])
    [response] = await Load(shop.port, 1).back_to_back(lambda _: next(content, None))
    harness.expect_status([response], 200)
    return response.body


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long each round takes.")] = 5,
    rounds: int = 3,
    connections: int = 256,
    answer_on: Annotated[str, typer.Option("--answer", hidden=True)] = "",
) -> None:
    """Measure pages of the catalogue."""
    if answer_on:
        port, size_bytes = map(int, answer_on.split(":"))
        uvloop.run(answer(port, size_bytes))
        return
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{connections} connections, {rounds} rounds of {seconds:g} s, {os.cpu_count()} cores")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures = uvloop.run(measure(shop, seconds, rounds, connections))
        databases.wait_until_settled()
        differing = differing_products(databases)
    problems = [f"C7: {len(differing)} products differ"] if differing else []
    results.finish("pages", figures, problems, holds="C7 holds")


if __name__ == "__main__":
    typer.run(main)
