"""The audit trail: who changed what and when, with the values before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, IndexModel

from shopkit.identity import Actor, account_of, is_account_id, name_of
from shopkit.storage.keyset import Keyset, id_key, time_key
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.tracing.context import current_request_id

COLLECTION = "audit"

_NEWEST = Keyset(time_key("at", DESCENDING), id_key(DESCENDING))
_INDEXES = (
    IndexModel(_NEWEST.sort, name="newest"),
    *(
        IndexModel([(field, 1), *_NEWEST.sort], name=f"newest_by_{field}")
        for field in ("actor", "actor_id", "action", "subject", "subject_id")
    ),
)
_SCHEMA = {
    "bsonType": "object",
    "required": ["at", "actor", "action", "subject"],
    "properties": {"at": {"bsonType": "date"}, "actor": {"bsonType": "string"}},
}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change.

    Attributes:
        id: The entry's id.
        at: When the change was made.
        actor: The email address, at that time, of who made it, or the name of a command.
        action: What was done.
        subject: The id of what was changed, or the email address of an account at that time.
        before: The values before the change, None if the subject was created.
        after: The values after the change, None if the subject was deleted.
        request_id: The request that made the change.
        actor_id: The account id of the actor. None for a command, and for old entries.
        subject_id: The account id of the subject, if it is an account and the entry is not old.
    """

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    request_id: str
    actor_id: str | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Conditions on entries. None means no condition. `until` is exclusive.

    An actor is an account id, an email address or the name of a command. A subject is an id or an
    email address.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditTrail:
    """The collection `audit`. Entries are never deleted."""

    def __init__(self, database: Database) -> None:
        self._entries = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and its indexes."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await database[COLLECTION].create_indexes(list(_INDEXES))

    async def add(
        self,
        *,
        actor: Actor,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        at: datetime,
        session: Session,
        subject_id: str | None = None,
    ) -> None:
        """Add an entry in the transaction of the change."""
        await self._entries.insert_one(
            {
                "_id": ObjectId(),
                "at": at,
                "actor": name_of(actor),
                "actor_id": account_of(actor),
                "action": action,
                "subject": subject,
                "subject_id": subject_id,
                "before": before,
                "after": after,
                "request_id": current_request_id(),
            },
            session=session,
        )

    async def page(
        self, conditions: AuditFilter, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """Return a page of entries, newest first, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        rows, next_cursor = await _NEWEST.page_of_any(
            self._entries, _queries(conditions), limit=limit, cursor=cursor
        )
        return [_entry(row) for row in rows], next_cursor


def _queries(conditions: AuditFilter) -> list[Document]:
    """Return the filters of which an entry must match one."""
    query = _query(conditions)
    if conditions.subject is None or not is_account_id(conditions.subject):
        return [query]
    # The subject is an account, or something else whose id has the same form.
    by_account = {name: value for name, value in query.items() if name != "subject"}
    return [query, by_account | {"subject_id": conditions.subject}]


def _query(conditions: AuditFilter) -> Document:
    actor_field = "actor_id" if conditions.actor and is_account_id(conditions.actor) else "actor"
    times = {"$gte": conditions.since, "$lt": conditions.until}
    equal = {
        actor_field: conditions.actor,
        "action": conditions.action,
        "subject": conditions.subject,
        "at": {operator: time for operator, time in times.items() if time} or None,
    }
    return {field: value for field, value in equal.items() if value is not None}


def _entry(row: Document) -> AuditEntry:
    names = {field.name for field in fields(AuditEntry)} & set(row)
    return AuditEntry(id=str(row["_id"]), **{name: row[name] for name in names})
