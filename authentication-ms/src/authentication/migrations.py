"""The database's steps, in order; each is harmless when it is run again."""

import asyncio
from typing import Any

import structlog
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from authentication.models.accounts import AccountRole
from authentication.models.emails import normalise
from authentication.repositories.accounts import USERS
from authentication.repositories.counters import THROTTLES
from authentication.repositories.revocations import REVOCATIONS
from authentication.repositories.sessions import REFRESH_TOKENS, SESSIONS
from authentication.services.passwords import argon2id
from shopkit.storage import audit
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database

SHA256_HEX = "^[0-9a-fA-F]{64}$"

log = structlog.get_logger(__name__)

_TEXT = {"bsonType": "string", "minLength": 1}
_TEXT_OR_NULL = {"bsonType": ["string", "null"]}
_DATE = {"bsonType": "date"}
_DATE_OR_NULL = {"bsonType": ["date", "null"]}
_NUMBER = {"bsonType": ["int", "long", "double"]}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "bsonType": "object",
        "required": [*required],
        "properties": required | (optional or {}),
    }


SCHEMAS: dict[str, dict[str, Any]] = {
    USERS: _object(
        {
            "email": _TEXT,
            "role": {"enum": [role.value for role in AccountRole]},
            "password_hash": _TEXT,
        },
        {
            "wrapped_sha256": {"bsonType": "bool"},
            "newest_iat": _NUMBER,
            "least_iat": _NUMBER,
            "created_at": _DATE,
        },
    ),
    SESSIONS: _object({"created_at": _DATE, "expires_at": _DATE, "revoked_at": _DATE_OR_NULL}),
    REFRESH_TOKENS: _object(
        {
            "family": _TEXT,
            "expires_at": _DATE,
            "by_cookie": {"bsonType": "bool"},
            "spent_at": _DATE_OR_NULL,
        }
    ),
    REVOCATIONS: _object(
        {
            "email": _TEXT_OR_NULL,
            "session": _TEXT_OR_NULL,
            "before": {"bsonType": "double"},
            "except_session": _TEXT_OR_NULL,
            "expires_at": _DATE,
        }
    ),
    THROTTLES: _object({"count": _NUMBER, "expires_at": _DATE}),
    audit.COLLECTION: _object({"at": _DATE, "actor": _TEXT, "action": _TEXT, "subject": _TEXT}),
}

INDEXES: dict[str, list[IndexModel]] = {
    USERS: [IndexModel([("email", ASCENDING)], name="email", unique=True)],
    SESSIONS: [IndexModel([("account_id", ASCENDING)], name="account")],
    audit.COLLECTION: [*audit.INDEXES],
}

FORGETFUL = (SESSIONS, REFRESH_TOKENS, REVOCATIONS, THROTTLES)


async def make_collections(database: Database) -> None:
    """Make the collections, each with its validator."""
    for name, schema in SCHEMAS.items():
        await ensure_collection(database, name, schema)


async def make_indexes(database: Database) -> None:
    """Make the indexes, those that let a collection forget what has expired among them."""
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
    for name in FORGETFUL:
        await database[name].create_index("expires_at", name="expiry", expireAfterSeconds=0)


async def normalise_emails(database: Database) -> None:
    """Spell the e-mails of an older database as they are looked up now."""
    users = database[USERS]
    async for row in users.find({}, {"email": 1}):
        spelling = normalise(row["email"])
        if spelling == row["email"]:
            continue
        try:
            await users.update_one({"_id": row["_id"]}, {"$set": {"email": spelling}})
        except DuplicateKeyError:
            # Which of two accounts is the right one is for a person to say.
            log.warning("two accounts with one e-mail", account=str(row["_id"]))


async def wrap_sha256(database: Database) -> None:
    """Hash the original's unsalted digests once more, with argon2id; log-in removes them."""
    users, context = database[USERS], argon2id()
    async for row in users.find({"password_hash": {"$regex": SHA256_HEX}}, {"password_hash": 1}):
        digest = row["password_hash"]
        wrapped = await asyncio.to_thread(context.hash, digest.lower())
        await users.update_one(
            {"_id": row["_id"], "password_hash": digest},
            {"$set": {"password_hash": wrapped, "wrapped_sha256": True}},
        )


MIGRATIONS = (
    Migration("0001-collections", make_collections),
    Migration("0002-indexes", make_indexes),
    Migration("0003-emails", normalise_emails),
    Migration("0004-sha256", wrap_sha256),
)
