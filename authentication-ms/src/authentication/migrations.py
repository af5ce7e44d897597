"""The migrations of authentication-db."""

import asyncio
from typing import Any

import structlog
from pymongo.errors import DuplicateKeyError

from authentication.models.account import AccountRole
from authentication.models.email_address import normalize
from authentication.models.mail_link import LinkKind
from authentication.repositories.accounts import ADDRESSES, USERS
from authentication.repositories.addresses import POSTAL_ADDRESSES
from authentication.repositories.counters import THROTTLES
from authentication.repositories.mail_links import MAIL_LINKS
from authentication.repositories.reserved_emails import RESERVED_EMAILS
from authentication.repositories.reset_requests import RESET_REQUESTS
from authentication.repositories.revocations import REVOCATIONS
from authentication.repositories.sessions import REFRESH_TOKENS, SESSIONS
from authentication.services.passwords import argon2id
from shopkit.mail.mails import Mails
from shopkit.storage.audit import AuditTrail
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database

_CHUNK = 200
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
        "required": list(required),
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
            "shown_email": _TEXT,
            "verified": {"bsonType": "bool"},
            "name": _TEXT_OR_NULL,
            "locale": _TEXT_OR_NULL,
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
        },
        {"account": _TEXT_OR_NULL},
    ),
    THROTTLES: _object({"count": _NUMBER, "expires_at": _DATE}),
    MAIL_LINKS: _object(
        {
            "kind": {"enum": [kind.value for kind in LinkKind]},
            "email": _TEXT,
            "digests": {"bsonType": "array"},
            "created_at": _DATE,
            "expires_at": _DATE,
            "closed_at": _DATE_OR_NULL,
            "delete_at": _DATE,
        }
    ),
    RESET_REQUESTS: _object({"requested_at": _DATE}),
    RESERVED_EMAILS: _object({"expires_at": _DATE}),
    POSTAL_ADDRESSES: _object(
        {"country": _TEXT, "lines": {"bsonType": "array"}, "is_default": {"bsonType": "bool"}}
    ),
}

EXPIRING = (SESSIONS, REFRESH_TOKENS, REVOCATIONS, THROTTLES, RESERVED_EMAILS)
"""The collections whose documents are deleted after they expire."""


async def create_collections(database: Database) -> None:
    """Create the collections with their schemas."""
    for name, schema in SCHEMAS.items():
        await ensure_collection(database, name, schema)
    await AuditTrail.migrate(database)


async def create_indexes(database: Database) -> None:
    """Create the indexes, including those that delete expired documents."""
    await database[USERS].create_index("email", name="email", unique=True)
    await database[SESSIONS].create_index("account_id", name="account")
    for name in EXPIRING:
        await database[name].create_index("expires_at", name="expiry", expireAfterSeconds=0)


async def normalize_emails(database: Database) -> None:
    """Normalize the email addresses of an older database."""
    users = database[USERS]
    async for user in users.find({}, {"email": 1}):
        email = normalize(user["email"])
        if email == user["email"]:
            continue
        try:
            await users.update_one({"_id": user["_id"]}, {"$set": {"email": email}})
        except DuplicateKeyError:
            # Only a person can decide which of the two accounts is right.
            log.warning("two accounts with the same email", account=str(user["_id"]))


async def wrap_sha256(database: Database) -> None:
    """Hash the unsalted SHA-256 digests of an older database again, with argon2id.

    The next log-in of an account replaces the hash by one of the password itself.
    """
    users, context = database[USERS], argon2id()
    async for user in users.find({"password_hash": {"$regex": SHA256_HEX}}, {"password_hash": 1}):
        digest = user["password_hash"]
        wrapped = await asyncio.to_thread(context.hash, digest.lower())
        await users.update_one(
            {"_id": user["_id"], "password_hash": digest},
            {"$set": {"password_hash": wrapped, "wrapped_sha256": True}},
        )


async def create_indexes_of_limits(database: Database) -> None:
    """Create the indexes that find an admin, and the oldest sessions of an account."""
    admin = {"role": AccountRole.ADMIN.value}
    await database[USERS].create_index("role", name="admins", partialFilterExpression=admin)
    newest = [("account_id", 1), ("created_at", -1)]
    await database[SESSIONS].create_index(newest, name="newest_of_account")


async def add_email_keys(database: Database) -> None:
    """Add the keys by which accounts and actors are searched."""
    await AuditTrail.migrate_actors(database)
    await ADDRESSES.migrate(database[USERS], _CHUNK)


async def add_recovery(database: Database) -> None:
    """Add the collections with which owners recover accounts, and the address book."""
    await create_collections(database)
    await create_indexes(database)
    links = database[MAIL_LINKS]
    await links.create_index("digests", name="tokens")
    requested = [("account_id", 1), ("kind", 1), ("created_at", -1)]
    await links.create_index(requested, name="requested_by_account")
    await links.create_index("delete_at", name="expiry", expireAfterSeconds=0)
    await database[RESET_REQUESTS].create_index("requested_at", name="oldest")
    await database[RESERVED_EMAILS].create_index("account_id", name="account")
    await database[POSTAL_ADDRESSES].create_index("account_id", name="account")


MIGRATIONS = (
    Migration("0001-collections", create_collections),
    Migration("0002-indexes", create_indexes),
    Migration("0003-emails", normalize_emails),
    Migration("0004-sha256", wrap_sha256),
    Migration("0005-limits", create_indexes_of_limits),
    Migration("0006-account-ids", create_collections),
    Migration("0007-email-keys", add_email_keys),
    Migration("0008-mails", Mails.migrate),
    Migration("0009-recovery", add_recovery),
)
