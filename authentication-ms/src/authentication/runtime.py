"""Runs the service: its database connection, its threads for passwords, and its loops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from authentication.dependencies import Services, build
from authentication.migrations import MIGRATIONS
from authentication.services.passwords import PasswordHasher, argon2id
from authentication.settings import SERVICE, AuthenticationSettings
from shopkit.loops import Loops, every, skip_temporary_errors
from shopkit.mail.mail_runtime import mail_loops, mail_store
from shopkit.storage import migrations
from shopkit.storage.mongo import (
    DATABASE,
    DatabaseClock,
    check_writable_primary,
    connect,
    is_temporary,
)
from shopkit.storage.unit_of_work import MongoTransactions

KEYS_SECONDS = 5.0
"""How often to look for email addresses without keys."""
RESETS_SECONDS = 1.0
"""How often to look for requests to reset a password."""


@asynccontextmanager
async def running(settings: AuthenticationSettings) -> AsyncIterator[Services]:
    """Run the service and yield its services. Close its connections afterwards.

    Raises:
        authentication.errors.UnusableKeyError: A key in the settings is unusable.
    """
    with PasswordHasher(argon2id()) as hasher:
        clock = DatabaseClock()
        async with connect(settings, SERVICE, clock) as client:
            database = client[DATABASE]
            mails = mail_store(settings, database, clock)
            services = build(settings, database, MongoTransactions(client, mails=mails), hasher)
            add_keys = skip_temporary_errors(services.administration.add_missing_keys, is_temporary)
            answer = skip_temporary_errors(services.password_resets.answer_requests, is_temporary)
            jobs = {
                "password resets": every(RESETS_SECONDS, answer),
                "email keys": every(KEYS_SECONDS, add_keys),
                **mail_loops(
                    settings, "authentication", mails, links=services.links.creators, clock=clock
                ),
            }
            async with Loops(jobs) as loops:
                yield replace(
                    services,
                    checks={
                        "database": partial(check_writable_primary, client),
                        "migrations": partial(migrations.check, database, MIGRATIONS),
                        "loops": loops.check,
                    },
                )
