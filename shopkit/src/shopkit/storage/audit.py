"""The audit trail: who changed what and when, with the values before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, IndexModel

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
        for field in ("actor", "action", "subject")
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
        actor: Who made it.
        action: What was done.
        subject: The id of what was changed.
        before: The values before the change, None if the subject was created.
        after: The values after the change, None if the subject was deleted.
        request_id: The request that made the change.
    """

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    request_id: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Conditions on entries. None means no condition. `until` is exclusive."""

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
        actor: str,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        at: datetime,
        session: Session,
    ) -> None:
        """Add an entry in the transaction of the change."""
        await self._entries.insert_one(
            {
                "_id": ObjectId(),
                "at": at,
                "actor": actor,
                "action": action,
                "subject": subject,
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
        query = _query(conditions)
        rows, next_cursor = await _NEWEST.page(self._entries, query, limit=limit, cursor=cursor)
        return [_entry(row) for row in rows], next_cursor


def _query(conditions: AuditFilter) -> Document:
    times = {"$gte": conditions.since, "$lt": conditions.until}
    fields = {
        "actor": conditions.actor,
        "action": conditions.action,
        "subject": conditions.subject,
        "at": {operator: time for operator, time in times.items() if time} or None,
    }
    return {field: value for field, value in fields.items() if value is not None}


def _entry(row: Document) -> AuditEntry:
    return AuditEntry(id=str(row["_id"]), **{name: row[name] for name in row if name != "_id"})
