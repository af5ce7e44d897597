"""The application of orders-ms."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from orders import problems
from orders.controllers import administration, orders, stream
from orders.dependencies import Services, letters_of, trail_of
from orders.runtime import running
from orders.settings import OrdersSettings
from shopkit.web import admin_routes
from shopkit.web import app as shop_app

Run = Callable[[OrdersSettings], AbstractAsyncContextManager[Services]]


def create_app(settings: OrdersSettings, run: Run = running) -> FastAPI:
    """Return the application; `run` builds what it lives on."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with run(settings) as services:
            app.state.services = services
            yield

    app = shop_app.create(
        "orders",
        settings,
        lifespan=lifespan,
        table=problems.TABLE,
        checks=lambda request: request.app.state.services.checks,
    )
    # The stream comes first, or its name would be taken for an order's id.
    for routes in (stream.routes, orders.routes, administration.routes):
        app.include_router(routes)
    app.include_router(admin_routes.audit_routes("orders", trail_of))
    app.include_router(admin_routes.dead_letter_routes("orders", letters_of))
    return app


def serve(settings: OrdersSettings) -> None:
    """Serve until SIGTERM."""
    shop_app.serve(create_app(settings), settings)
