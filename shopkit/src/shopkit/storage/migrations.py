"""Migrations: a small versioned list a service, applied in order, once, under a lock."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from pymongo import ReturnDocument
from pymongo.errors import CollectionInvalid, DuplicateKeyError

from shopkit.storage.mongo import Database

COLLECTION = "migrations"
LOCK_TIME = timedelta(minutes=10)
_LOCK_ID = "lock"
_POLL_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Migration(NamedTuple):
    """One step; `apply` must be harmless when it is run again after a crash half-way."""

    name: str
    apply: Callable[[Database], Awaitable[None]]


class MigrationsMissingError(Exception):
    """The database lacks migrations; run `python -m <service> migrate`."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"migrations not applied: {', '.join(names)}; run `migrate`")
        self.names = names


async def apply(database: Database, migrations: Sequence[Migration]) -> list[str]:
    """Apply those that are missing, in order, and return their names.

    One process at a time does so; others wait for it.
    """
    token = secrets.token_hex(8)
    await _acquire(database, token)
    try:
        missing = [step for step in migrations if step.name in await pending(database, migrations)]
        for step in missing:
            log.info("migrating", migration=step.name)
            await step.apply(database)
            await database[COLLECTION].insert_one({"_id": step.name, "at": datetime.now(UTC)})
        return [step.name for step in missing]
    finally:
        await database[COLLECTION].delete_one({"_id": _LOCK_ID, "token": token})


async def pending(database: Database, migrations: Sequence[Migration]) -> list[str]:
    """Return the names of those not yet applied."""
    done = {row["_id"] async for row in database[COLLECTION].find({}, {"_id": 1})}
    return [step.name for step in migrations if step.name not in done]


async def check(database: Database, migrations: Sequence[Migration]) -> None:
    """Return where all are applied.

    Raises:
        MigrationsMissingError: Some are not.
    """
    missing = await pending(database, migrations)
    if missing:
        raise MigrationsMissingError(missing)


async def ensure_collection(database: Database, name: str, schema: dict[str, Any]) -> None:
    """Make a collection whose documents obey a JSON schema, or put it on the one there is."""
    validator = {"$jsonSchema": schema}
    try:
        await database.create_collection(name, validator=validator)
    except CollectionInvalid:
        await database.command("collMod", name, validator=validator)


async def _acquire(database: Database, token: str) -> None:
    while not await _try_lock(database, token):
        await asyncio.sleep(_POLL_SECONDS)


async def _try_lock(database: Database, token: str) -> bool:
    # A process that died while it held the lock must not stop migrations for ever.
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
