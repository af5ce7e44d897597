"""The application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from authentication import wiring
from authentication.controllers import accounts, administration, gateway, sessions
from authentication.cookies import Cookies
from authentication.dependencies import trail_of
from authentication.migrations import MIGRATIONS
from authentication.problems import TABLE
from authentication.services.keys import KeyRing
from authentication.services.passwords import Passwords, argon2id
from authentication.settings import SERVICE, AuthenticationSettings
from shopkit import clock
from shopkit.storage import migrations, mongo
from shopkit.web import app
from shopkit.web.admin_routes import audit_router


def create_app(settings: AuthenticationSettings) -> FastAPI:
    """Return the application, whose services are built when it starts.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings can't be used.
    """
    old = settings.previous_key
    keys = KeyRing.from_pem(
        settings.signing_key.get_secret_value(), old.get_secret_value() if old else None
    )
    built = app.create(
        SERVICE,
        settings,
        lifespan=partial(_lifespan, settings=settings, keys=keys),
        table=TABLE,
        checks=lambda request: request.app.state.services.checks,
    )
    built.state.cookies = Cookies.of(settings)
    for controller in (accounts, sessions, administration, gateway):
        built.include_router(controller.router)
    built.include_router(audit_router(SERVICE, trail_of))
    return built


@asynccontextmanager
async def _lifespan(
    application: FastAPI, *, settings: AuthenticationSettings, keys: KeyRing
) -> AsyncIterator[None]:
    with Passwords(argon2id()) as passwords:
        async with mongo.connect(settings, f"{SERVICE}-ms") as client:
            database = client[mongo.DATABASE]
            application.state.services = wiring.build(
                settings,
                wiring.World(
                    database, mongo.MongoTransactions(client), clock.utc_now, asyncio.sleep
                ),
                passwords=passwords,
                keys=keys,
                checks={
                    "database": partial(mongo.check_writable_primary, client),
                    "migrations": partial(migrations.check, database, MIGRATIONS),
                },
            )
            yield


def serve(settings: AuthenticationSettings) -> None:
    """Serve until SIGTERM.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings can't be used.
    """
    app.serve(create_app(settings), settings)
