"""The application of products-ms."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import FastAPI

from products import problems
from products.controllers import administration, categories, internal, pictures, products
from products.dependencies import Services
from products.runtime import running
from products.settings import SERVICE, ProductsSettings
from shopkit.contract.internal import ORDERS
from shopkit.proofs import GATEWAY, ProofVerifier
from shopkit.web import app as shop_app
from shopkit.web.admin_routes import audit_router, dead_letter_router
from shopkit.web.database_deadline import DatabaseDeadline

Run = Callable[[ProductsSettings], AbstractAsyncContextManager[Services]]


def create_app(settings: ProductsSettings, run: Run = running) -> FastAPI:
    """Return the application.

    Args:
        settings: The settings.
        run: Runs the services that the application calls.
    """
    app = shop_app.create(
        "products",
        settings,
        run=partial(run, settings),
        table=problems.TABLE,
        proofs=ProofVerifier(
            SERVICE, {GATEWAY: settings.gateway_keys, ORDERS: settings.orders_keys}
        ),
    )
    for controller in (categories, products, pictures, administration, internal):
        app.include_router(controller.router)
    app.add_middleware(DatabaseDeadline)
    app.include_router(audit_router("products"))
    app.include_router(dead_letter_router("products"))
    return app


def serve(settings: ProductsSettings) -> None:
    """Serve until SIGTERM."""
    app = create_app(settings)
    shop_app.serve(app, settings, app.state)
