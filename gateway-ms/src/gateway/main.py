"""The application: what lives as long as it, and how it is put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from gateway import docs, problems, routes, shutdown
from gateway.auth.keys import Keys
from gateway.auth.revocations import Revocations
from gateway.auth.tokens import Tokens
from gateway.forwarding import upstream
from gateway.forwarding.client import Pool
from gateway.forwarding.endpoint import Endpoint
from gateway.forwarding.forward import Forwarder
from gateway.matching import RouteMap
from gateway.openapi import Documents
from gateway.routes import Service
from gateway.settings import GatewaySettings
from shopkit.loops import Loops
from shopkit.web import app as shop_app


class Gateway:
    """Leads requests to the endpoint, and the server's own events to FastAPI."""

    def __init__(self, own: FastAPI) -> None:
        self.own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http":
            await self.own.state.endpoint(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.own(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})


def create_app(settings: GatewaySettings) -> Gateway:
    """Return the application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _build(app, settings, stack)
            yield

    own = shop_app.create(
        "gateway",
        settings,
        lifespan=lifespan,
        table=problems.TABLE,
        checks=lambda request: {
            "keys": request.app.state.keys.check,
            "revocations": request.app.state.revocations.check,
            "loops": request.app.state.loops.check,
        },
    )
    own.include_router(docs.router)
    return Gateway(own)


async def _build(app: FastAPI, settings: GatewaySettings, stack: AsyncExitStack) -> None:
    origins = {
        Service.AUTHENTICATION: settings.authentication_url,
        Service.PRODUCTS: settings.products_url,
        Service.ORDERS: settings.orders_url,
    }
    ordinary = await stack.enter_async_context(upstream.ordinary_session(settings))
    streams = await stack.enter_async_context(upstream.stream_session(settings))

    def fetcher(service: Service, path: str) -> upstream.Fetch:
        return upstream.json_fetcher(ordinary, origins[service] + path)

    keys = Keys(fetcher(Service.AUTHENTICATION, "/api/.well-known/jwks.json"))
    revocations = Revocations(fetcher(Service.AUTHENTICATION, "/internal/revocations"))
    table = routes.table(chaos=settings.chaos_endpoints)
    app.state.keys = keys
    app.state.revocations = revocations
    app.state.documents = Documents({s: fetcher(s, "/openapi.json") for s in origins}, table)
    endpoint = app.state.endpoint = Endpoint(
        RouteMap(table),
        Tokens(keys, revocations),
        Forwarder(origins, Pool(ordinary), Pool(streams)),
        own=app,
    )
    stack.enter_context(shutdown.announced(endpoint.end_streams))
    loops = Loops({"keys": keys.run, "revocations": revocations.run})
    app.state.loops = await stack.enter_async_context(loops)
