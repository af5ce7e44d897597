"""A gateway in this process, called as a server would call it, and a service behind it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from asgi_lifespan import LifespanManager
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwk, jwt

from gateway.main import Gateway, create_app
from gateway.settings import GatewaySettings

PUBLIC = serialization.PublicFormat.SubjectPublicKeyInfo
PEM = serialization.Encoding.PEM


@dataclass
class Signer:
    """A key pair, and tokens signed with it as authentication-ms signs them."""

    kid: str
    private: str
    public: str

    @classmethod
    def make(cls, kid: str) -> "Signer":
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return cls(kid, private.decode(), key.public_key().public_bytes(PEM, PUBLIC).decode())

    def jwk(self) -> dict[str, Any]:
        return jwk.construct(self.public, "RS256").to_dict() | {"kid": self.kid, "use": "sig"}

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "sub": "ann@shop.example",
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
        claims = {name: value for name, value in self.claims(**changes).items() if name != without}
        return jwt.encode(claims, self.private, "RS256", headers={"kid": self.kid})


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer.make("key-1")


@pytest.fixture(scope="session")
def stranger() -> Signer:
    return Signer.make("key-of-a-stranger")


@pytest.fixture(scope="session")
def user(signer: Signer) -> dict[str, str]:
    return {"Authorization": f"Bearer {signer.token()}"}


@pytest.fixture(scope="session")
def admin(signer: Signer) -> dict[str, str]:
    token = signer.token(role="admin", email="root@shop.example", sid="session-of-root")
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Seen:
    """A request as a service received it."""

    method: str
    target: str
    headers: Any
    body: bytes


async def _answer_ok(_request: web.Request, _body: bytes) -> web.StreamResponse:
    return web.json_response({"from": "service"})


@dataclass
class ServiceDouble:
    """Plays all three services, and keeps what it received."""

    keys: list[dict[str, Any]]
    revocations: list[dict[str, Any]] = field(default_factory=list)
    openapi: dict[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    answer: Callable[[web.Request, bytes], Awaitable[web.StreamResponse]] = _answer_ok
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        own = {
            "/internal/revocations": {"revocations": self.revocations},
            "/openapi.json": self.openapi,
        }
        if request.path in own:
            return web.json_response(own[request.path])
        if request.path.endswith("jwks.json") and "X-Request-ID" not in request.headers:
            return web.json_response({"keys": self.keys})
        body = await request.read()
        self.seen.append(Seen(request.method, request.raw_path, request.headers, body))
        return await self.answer(request, body)


@pytest.fixture
async def service(signer: Signer) -> AsyncIterator[ServiceDouble]:
    double = ServiceDouble([signer.jwk()])
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", double.handle)
    async with TestServer(app) as server:
        double.url = str(server.make_url("")).rstrip("/")
        yield double


@dataclass
class Answered:
    """What the gateway sent to its client."""

    status: int = 0
    raw: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.raw if key == name.lower().encode()]

    def header(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


class Exchange:
    """One request, as a server hands it to an application, part by part."""

    def __init__(self, gateway: Any, scope: dict[str, Any]) -> None:
        self.answered = Answered()
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._news = asyncio.Event()
        self.task = asyncio.ensure_future(gateway(scope, self.inbox.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.answered.status = message["status"]
            self.answered.raw = list(message["headers"])
        else:
            if message.get("body"):
                self.answered.parts.append(message["body"])
            self.answered.complete = not message.get("more_body", False)
        self._news.set()

    def give(self, part: bytes, *, more: bool = False) -> None:
        self.inbox.put_nowait({"type": "http.request", "body": part, "more_body": more})

    def leave(self) -> None:
        self.inbox.put_nowait({"type": "http.disconnect"})

    async def until(self, condition: Callable[[Answered], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition(self.answered):
                self._news.clear()
                await self._news.wait()


class Client:
    """Sends requests to a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.state: Any = gateway.own.state

    def begin(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
    ) -> Exchange:
        """Begin a request whose body is still to be given."""
        path, _, query = target.partition("?")
        pairs = headers.items() if isinstance(headers, dict) else headers or []
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
            "headers": [(k.lower().encode(), v.encode()) for k, v in pairs],
            "client": ("10.0.0.9", 1234),
            "server": ("gateway", 80),
        }
        return Exchange(self.gateway, scope)

    async def __call__(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        body: bytes | list[bytes] = b"",
    ) -> Answered:
        """Send a request, of known length where the body is bytes, else chunked."""
        pairs = list(headers.items() if isinstance(headers, dict) else headers or [])
        if isinstance(body, list):
            pairs.append(("Transfer-Encoding", "chunked"))
        elif body:
            pairs.append(("Content-Length", str(len(body))))
        exchange = self.begin(method, target, pairs)
        parts = body if isinstance(body, list) else [body]
        for part in parts:
            exchange.give(part, more=True)
        exchange.give(b"")
        async with asyncio.timeout(10):
            await exchange.task
        return exchange.answered


@asynccontextmanager
async def running(url: str, *, ready: bool = True, **changes: Any) -> AsyncIterator[Client]:
    values: dict[str, Any] = {
        "environment": "development",
        "port": 1,
        "authentication_url": url,
        "products_url": url,
        "orders_url": url,
    } | changes
    gateway = create_app(GatewaySettings(**values))
    async with LifespanManager(gateway):
        client = Client(gateway)
        async with asyncio.timeout(5):
            while ready and (await client("GET", "/ready")).status != 200:
                await asyncio.sleep(0.002)
        yield client


@pytest.fixture
def run() -> Any:
    """Return what runs a gateway before the services at a URL, with any settings."""
    return running


@pytest.fixture
async def client(service: ServiceDouble) -> AsyncIterator[Client]:
    async with running(service.url) as client:
        yield client


@pytest.fixture
def broken_service() -> Any:
    """Return what runs a service that writes raw bytes to each connection."""

    @asynccontextmanager
    async def serve(
        talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    ) -> AsyncIterator[str]:
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

    return serve


@pytest.fixture
def clock() -> "Clock":
    return Clock()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
