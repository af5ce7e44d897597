"""The application of orders-ms."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import FastAPI

from orders import problems
from orders.controllers import administration, delivery_methods, desk, orders, payments, stream
from orders.dependencies import Services
from orders.runtime import running
from orders.settings import SERVICE, OrdersSettings
from shopkit.proofs import GATEWAY, ProofVerifier
from shopkit.web import app as shop_app
from shopkit.web.admin_routes import audit_router, dead_letter_router
from shopkit.web.database_deadline import DatabaseDeadline
from shopkit.web.mail_routes import mail_router

Run = Callable[[OrdersSettings], AbstractAsyncContextManager[Services]]


def create_app(settings: OrdersSettings, run: Run = running) -> FastAPI:
    """Return the application.

    Args:
        settings: The settings.
        run: Runs the services that the application calls.
    """
    app = shop_app.create(
        "orders",
        settings,
        run=partial(run, settings),
        table=problems.TABLE,
        proofs=ProofVerifier(SERVICE, {GATEWAY: settings.gateway_keys}),
    )
    # Paths with a fixed name come first, so that the name is not parsed as an order's id.
    for controller in (stream, orders, payments, administration, desk, delivery_methods):
        app.include_router(controller.router)
    app.include_router(delivery_methods.admin_router)
    app.add_middleware(DatabaseDeadline)
    app.include_router(audit_router("orders"))
    app.include_router(dead_letter_router("orders"))
    app.include_router(mail_router("orders"))
    return app


def serve(settings: OrdersSettings) -> None:
    """Serve until SIGTERM."""
    app = create_app(settings)
    shop_app.serve(app, settings, app.state)
