"""Runs the service: its database connection and its threads for passwords."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from authentication.dependencies import Services, build
from authentication.migrations import MIGRATIONS
from authentication.services.passwords import PasswordHasher, argon2id
from authentication.settings import SERVICE, AuthenticationSettings
from shopkit.storage import migrations
from shopkit.storage.mongo import DATABASE, check_writable_primary, connect
from shopkit.storage.unit_of_work import MongoTransactions


@asynccontextmanager
async def running(settings: AuthenticationSettings) -> AsyncIterator[Services]:
    """Run the service and yield its services. Close its connections afterwards.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings is unusable.
    """
    with PasswordHasher(argon2id()) as hasher:
        async with connect(settings, SERVICE) as client:
            database = client[DATABASE]
            yield replace(
                build(settings, database, MongoTransactions(client), hasher),
                checks={
                    "database": partial(check_writable_primary, client),
                    "migrations": partial(migrations.check, database, MIGRATIONS),
                },
            )
