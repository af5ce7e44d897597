"""Migrations: a versioned list for each service, applied once and in order, under a lock."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from pymongo import ReturnDocument
from pymongo.errors import CollectionInvalid, DuplicateKeyError, PyMongoError

from shopkit.retry import retry_until_available
from shopkit.settings import MongoSettings
from shopkit.storage import privileges
from shopkit.storage.mongo import DATABASE, Database, check_writable_primary, connect

COLLECTION = "migrations"
LOCK_TIME = timedelta(minutes=10)
_LOCK_ID = "lock"
_POLL_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Migration(NamedTuple):
    """A migration. `apply` must be safe to run again after it crashed half-way."""

    name: str
    apply: Callable[[Database], Awaitable[None]]


class MigrationsMissingError(Exception):
    """The database lacks migrations. Run `python -m <service> migrate`."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"migrations not applied: {', '.join(names)}; run `migrate`")
        self.names = names


async def migrate(
    service: str,
    settings: MongoSettings,
    migrations: Sequence[Migration],
    *,
    later: Iterable[str] = (),
) -> None:
    """Apply missing migrations, print their names, and grant the service its privileges.

    During a first installation the database and its users may not exist yet, so this waits for
    them.

    Args:
        service: The service's name. Its database user has the same name without `-ms`.
        settings: The settings, with the address of the user of the migrations.
        migrations: All migrations of the service.
        later: Collections that the service itself creates.
    """
    async with connect(settings, service) as client:
        await retry_until_available(
            "database", lambda: check_writable_primary(client), (PyMongoError, OSError)
        )
        applied = await apply(client[DATABASE], migrations)
        await privileges.grant(client[DATABASE], service.removesuffix("-ms"), later)
    sys.stdout.write(f"{service}: {', '.join(applied) or 'nothing'} migrated\n")


async def apply(database: Database, migrations: Sequence[Migration]) -> list[str]:
    """Apply missing migrations in order and return their names.

    One process at a time applies migrations. The others wait.
    """
    token = secrets.token_hex(8)
    await _acquire_lock(database, token)
    try:
        names = await pending(database, migrations)
        for migration in migrations:
            if migration.name in names:
                log.info("migrating", migration=migration.name)
                await migration.apply(database)
                row = {"_id": migration.name, "at": datetime.now(UTC)}
                await database[COLLECTION].insert_one(row)
        return names
    finally:
        await database[COLLECTION].delete_one({"_id": _LOCK_ID, "token": token})


async def pending(database: Database, migrations: Sequence[Migration]) -> list[str]:
    """Return the names of the migrations that are not applied yet."""
    applied = {row["_id"] async for row in database[COLLECTION].find({}, {"_id": 1})}
    return [migration.name for migration in migrations if migration.name not in applied]


async def check(database: Database, migrations: Sequence[Migration]) -> None:
    """Check that all migrations are applied.

    Raises:
        MigrationsMissingError: Some migrations are missing.
    """
    missing = await pending(database, migrations)
    if missing:
        raise MigrationsMissingError(missing)


async def ensure_collection(database: Database, name: str, schema: dict[str, Any]) -> None:
    """Create a collection with a JSON schema, or set the schema of an existing collection."""
    validator = {"$jsonSchema": schema}
    try:
        await database.create_collection(name, validator=validator)
    except CollectionInvalid:
        await database.command("collMod", name, validator=validator)


async def _acquire_lock(database: Database, token: str) -> None:
    while not await _try_lock(database, token):
        await asyncio.sleep(_POLL_SECONDS)


async def _try_lock(database: Database, token: str) -> bool:
    # The lock expires, so that a process that died with the lock does not block migrations.
    now = datetime.now(UTC)
    try:
        row = await database[COLLECTION].find_one_and_update(
            {"_id": _LOCK_ID, "until": {"$lt": now}},
            {"$set": {"until": now + LOCK_TIME, "token": token}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return False
    return row is not None and row["token"] == token
