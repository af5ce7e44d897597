"""A typed client of a gateway in the test process, and doubles of the services behind it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwk, jwt
from multidict import CIMultiDictProxy

from gateway.main import Gateway, create_app
from gateway.settings import GatewaySettings
from shopkit.testing.apps import monitor_of
from shopkit.testing.proofs import GATEWAY_KEY

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Signer:
    """A key pair, and tokens that it signs like those of authentication-ms."""

    kid: str
    private_pem: str
    public_pem: str

    @classmethod
    def generate(cls, kid: str) -> Self:
        """Return a signer with a new key pair."""
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(kid, private.decode(), public.decode())

    def jwk(self) -> dict[str, Any]:
        """Return the public key as authentication-ms publishes it."""
        key = jwk.construct(self.public_pem, "RS256").to_dict()
        return key | {"kid": self.kid, "use": "sig"}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a valid token, with changes."""
        now = int(time.time())
        return {
            "sub": "5" * 24,
            "email": "ann@shop.example",
            "role": "user",
            "sid": "session-of-ann",
            "jti": "1",
            "iat": now - 10,
            "exp": now + 600,
            "iss": "authentication-ms",
            "aud": "shop",
        } | changes

    def token(self, *, without: str = "", **changes: Any) -> str:
        """Return a token with changed claims, or without one of them."""
        claims = {name: value for name, value in self.claims(**changes).items() if name != without}
        return jwt.encode(claims, self.private_pem, "RS256", headers={"kid": self.kid})


@dataclass
class ReceivedRequest:
    """A request as a service received it."""

    method: str
    target: str
    headers: CIMultiDictProxy[str]
    body: bytes


async def _respond_ok(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"from": "service"})


@dataclass
class ServiceDouble:
    """Acts as all three services, and records the requests that it receives.

    Attributes:
        keys: The keys that it publishes.
        revocations: The revocations that it publishes.
        revocations_down: Whether it cannot read them.
        openapi: The OpenAPI document that it publishes.
        received: The forwarded requests, in order.
        respond: Responds to forwarded requests.
        url: Its URL.
    """

    keys: list[dict[str, Any]]
    revocations: list[dict[str, Any]] = field(default_factory=list)
    revocations_down: bool = False
    openapi: dict[str, Any] = field(default_factory=dict)
    received: list[ReceivedRequest] = field(default_factory=list)
    respond: Respond = _respond_ok
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Respond to a request."""
        # The gateway's own requests have no X-Request-ID.
        if "X-Request-ID" not in request.headers:
            if self.revocations_down and request.path == "/internal/revocations":
                return web.Response(status=503)
            published: dict[str, Any] = {
                "/api/.well-known/jwks.json": {"keys": self.keys},
                "/internal/revocations": {"revocations": self.revocations},
                "/openapi.json": self.openapi,
            }
            return web.json_response(published[request.path])
        body = await request.read()
        self.received.append(
            ReceivedRequest(request.method, request.raw_path, request.headers, body)
        )
        return await self.respond(request)


@asynccontextmanager
async def serving(handle: Respond) -> AsyncIterator[str]:
    """Run a server that handles all requests in the same way, and yield its URL."""
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", handle)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def serving_raw(talk: Talk) -> AsyncIterator[str]:
    """Run a server that writes raw bytes after the head of a request, and yield its URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        yield f"http://{host}:{port}"


@dataclass
class ReceivedResponse:
    """A response as the client received it.

    Attributes:
        status: The status, 0 if the response has not started.
        raw_headers: The headers.
        parts: The parts of the body.
        complete: Whether the body has ended.
    """

    status: int = 0
    raw_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(self.parts)

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)

    def headers(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value.decode() for key, value in self.raw_headers if key == name.lower().encode()]

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next(iter(self.headers(name)), None)


class Exchange:
    """A request that is sent part by part, as a server passes it to an application.

    Attributes:
        response: What was received so far.
        task: The task in which the gateway responds.
    """

    def __init__(self, gateway: Gateway, scope: dict[str, Any]) -> None:
        self.response = ReceivedResponse()
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._changed = asyncio.Event()
        self.task = asyncio.ensure_future(gateway(scope, self._messages.get, self._receive))

    async def _receive(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.response.status = message["status"]
            self.response.raw_headers = list(message["headers"])
        else:
            if message.get("body"):
                self.response.parts.append(message["body"])
            self.response.complete = not message.get("more_body", False)
        self._changed.set()

    def send(self, part: bytes, *, more: bool = False) -> None:
        """Send a part of the body."""
        self._messages.put_nowait({"type": "http.request", "body": part, "more_body": more})

    def disconnect(self) -> None:
        """Disconnect the client."""
        self._messages.put_nowait({"type": "http.disconnect"})

    async def until(self, condition: Callable[[ReceivedResponse], bool]) -> None:
        """Wait until the response meets a condition, for at most 5 s."""
        async with asyncio.timeout(5):
            while not condition(self.response):
                self._changed.clear()
                await self._changed.wait()

    async def finished(self) -> None:
        """Wait until the gateway has finished the request, for at most 5 s."""
        await asyncio.wait_for(self.task, 5)


class Client:
    """Sends requests to a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def check_ready(self) -> httpx2.Response:
        """Return the response of `/ready` at the port for monitoring."""
        async with monitor_of(self.gateway.own_pages) as monitor:
            return await monitor.get("/ready")

    def start(self, method: str, target: str, headers: Headers = ()) -> Exchange:
        """Start a request without sending its body."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in _pairs(headers)],
            "client": ("10.0.0.9", 1234),
            "server": ("gateway", 80),
        }
        return Exchange(self.gateway, scope)

    async def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | list[bytes] = b""
    ) -> ReceivedResponse:
        """Send a request, and return the response.

        Args:
            method: The HTTP method.
            target: The path and the query.
            headers: The headers.
            body: The body. A list is sent in chunks without a declared length.
        """
        pairs = _pairs(headers)
        if isinstance(body, list):
            pairs.append(("Transfer-Encoding", "chunked"))
        elif body:
            pairs.append(("Content-Length", str(len(body))))
        exchange = self.start(method, target, pairs)
        for part in body if isinstance(body, list) else [body]:
            exchange.send(part, more=True)
        exchange.send(b"")
        async with asyncio.timeout(10):
            await exchange.task
        return exchange.response


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return list(headers.items() if isinstance(headers, Mapping) else headers)


@asynccontextmanager
async def running_gateway(
    service_url: str, *, wait_until_ready: bool = True, **settings: Any
) -> AsyncIterator[Client]:
    """Run a gateway, and yield its client.

    Args:
        service_url: The URL of all three services.
        wait_until_ready: Whether to wait until the keys and the revocations are fetched.
        **settings: Other settings.
    """
    values: dict[str, Any] = {
        "environment": "development",
        "port": 1,
        "authentication_url": service_url,
        "products_url": service_url,
        "orders_url": service_url,
        "proof_key": GATEWAY_KEY.private,
    }
    gateway = create_app(GatewaySettings(**values | settings))
    async with gateway.own_pages.router.lifespan_context(gateway.own_pages):
        client = Client(gateway)
        async with asyncio.timeout(5):
            while wait_until_ready and (await client.check_ready()).status_code != 200:
                await asyncio.sleep(0.002)
        yield client


class FakeClock:
    """A clock in seconds that stands still until it is advanced."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += seconds
