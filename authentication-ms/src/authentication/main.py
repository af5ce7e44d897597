"""The application of authentication-ms."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import FastAPI

from authentication import problems
from authentication.controllers import (
    accounts,
    address_forms,
    addresses,
    administration,
    gateway,
    internal,
    own_sessions,
    recovery,
    sessions,
)
from authentication.dependencies import Services
from authentication.runtime import running
from authentication.services.keys import KeyRing
from authentication.settings import SERVICE, AuthenticationSettings
from shopkit.contract.internal import ORDERS
from shopkit.proofs import GATEWAY, ProofVerifier
from shopkit.web import app as shop_app
from shopkit.web.admin_routes import audit_router
from shopkit.web.database_deadline import DatabaseDeadline
from shopkit.web.mail_routes import mail_router

Run = Callable[[AuthenticationSettings], AbstractAsyncContextManager[Services]]


def create_app(settings: AuthenticationSettings, run: Run = running) -> FastAPI:
    """Return the application.

    Args:
        settings: The settings.
        run: Runs the services that the application calls.
    """
    app = shop_app.create(
        "authentication",
        settings,
        run=partial(run, settings),
        table=problems.TABLE,
        proofs=ProofVerifier(
            SERVICE, {GATEWAY: settings.gateway_keys, ORDERS: settings.orders_keys}
        ),
    )
    for controller in (
        accounts,
        sessions,
        own_sessions,
        addresses,
        address_forms,
        recovery,
        administration,
        gateway,
        internal,
    ):
        app.include_router(controller.router)
    app.add_middleware(DatabaseDeadline)
    app.include_router(audit_router("authentication"))
    app.include_router(mail_router("authentication"))
    return app


def serve(settings: AuthenticationSettings) -> None:
    """Serve until SIGTERM.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings is unusable.
    """
    # Checked before the server starts, because a failed start ends in a traceback.
    KeyRing.of(settings)
    app = create_app(settings)
    shop_app.serve(app, settings, app.state)
