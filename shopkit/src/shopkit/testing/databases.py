"""Databases for the suites of repositories, which run over mongomock and over a real MongoDB."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from shopkit.settings import Environment, MongoSettings
from shopkit.storage import database_identity, migrations
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.testing.apps import mock_database

MONGOMOCK = "mongomock"
BACKENDS = (MONGOMOCK, pytest.param("mongod", marks=pytest.mark.mongod))
"""The parameters of a fixture that returns both kinds of databases."""


@asynccontextmanager
async def open_database(
    backend: str, mongo_url: Callable[[], str], steps: Sequence[Migration]
) -> AsyncIterator[Database]:
    """Yield an empty database.

    Args:
        backend: One of `BACKENDS`.
        mongo_url: Returns the address of the real database. It may start the server first.
        steps: The migrations that the real database has.
    """
    if backend == MONGOMOCK:
        yield mock_database()
        return
    settings = MongoSettings(environment=Environment.DEVELOPMENT, mongo_url=mongo_url(), port=1)
    async with connect(settings, "tests") as client:
        await migrate_and_empty(client[DATABASE], steps)
        yield client[DATABASE]


async def migrate_and_empty(database: Database, steps: Sequence[Migration]) -> None:
    """Apply missing migrations, and delete all documents but the identities of databases."""
    await migrations.apply(database, steps)
    for name in await database.list_collection_names(filter={"type": "collection"}):
        if name not in {migrations.COLLECTION, database_identity.COLLECTION, "system.views"}:
            await database[name].delete_many({})
