"""The application of products-ms."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from products import problems
from products.controllers import internal, products
from products.dependencies import Services
from products.runtime import running
from products.settings import ProductsSettings
from shopkit import app as shop_app

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
    app.include_router(products.routes)
    app.include_router(internal.routes)
    return app
