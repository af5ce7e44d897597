"""The application of gateway-ms."""

from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from gateway import docs, problems
from gateway.dependencies import Services
from gateway.runtime import running
from gateway.settings import GatewaySettings
from shopkit.web import app as shop_app


class Gateway:
    """Passes requests to the endpoint, and the server's lifespan events to FastAPI.

    Args:
        own_pages: The application that serves the gateway's own pages.
    """

    def __init__(self, own_pages: FastAPI) -> None:
        self.own_pages = own_pages

    @property
    def services(self) -> Services:
        """The parts of the gateway, while it is running."""
        services: Services = self.own_pages.state.services
        return services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        if scope["type"] == "http":
            await self.own_pages.state.services.endpoint(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.own_pages(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})


def create_app(settings: GatewaySettings) -> Gateway:
    """Return the application."""

    def run() -> AbstractAsyncContextManager[Services]:
        return running(settings, own_pages)

    own_pages = shop_app.create("gateway", settings, run=run, table=problems.TABLE)
    own_pages.include_router(docs.router)
    return Gateway(own_pages)


def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM."""
    gateway = create_app(settings)
    shop_app.serve(gateway, settings, gateway.own_pages.state)
