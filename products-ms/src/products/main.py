"""The application of products-ms."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from products import problems
from products.controllers import categories, internal, pictures, products
from products.dependencies import Services, letters_of, trail_of
from products.runtime import running
from products.settings import ProductsSettings
from shopkit.web import admin_routes
from shopkit.web import app as shop_app

Run = Callable[[ProductsSettings], AbstractAsyncContextManager[Services]]


def create_app(settings: ProductsSettings, run: Run = running) -> FastAPI:
    """Return the application; `run` builds what it lives on."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with run(settings) as services:
            app.state.services = services
            yield

    app = shop_app.create(
        "products",
        settings,
        lifespan=lifespan,
        table=problems.TABLE,
        checks=lambda request: request.app.state.services.checks,
    )
    for routes in (categories.routes, products.routes, pictures.routes, internal.routes):
        app.include_router(routes)
    app.include_router(admin_routes.audit_routes("products", trail_of))
    app.include_router(admin_routes.dead_letter_routes("products", letters_of))
    return app


def serve(settings: ProductsSettings) -> None:
    """Serve until SIGTERM."""
    shop_app.serve(create_app(settings), settings)
