"""The audit trail: who changed what and when, with the values before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, IndexModel

from shopkit.storage.email_search import EmailSearch
from shopkit.storage.keyset import Keyset, id_key, time_key
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.tracing.context import current_request_id

COLLECTION = "audit"
ACTORS = "audit_actors"
"""One document for each actor, by which a search finds actors.

They are not part of the entries, because replicas of the previous release cannot read entries with
more fields.
"""
ACTOR_LIMIT = 100
"""The maximum number of actors whose entries are merged into one list."""

_ACTOR = EmailSearch("email")
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


_ACTOR_SCHEMA = {
    "bsonType": "object",
    "required": ["email"],
    "properties": {"email": {"bsonType": "string"}},
}


class TooManyActorsError(Exception):
    """A text to filter by matches more actors than a list can have."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"More than {ACTOR_LIMIT} people match this text. Enter more of the address."
        )
        self.text = text

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid parameter."""
        return [("actor", str(self))]


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
    """Conditions on entries. None means no condition. `until` is exclusive.

    Attributes:
        actor: The beginning of the actor's email address, or of its domain.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditTrail:
    """The collections `audit` and `audit_actors`. Entries are never deleted."""

    def __init__(self, database: Database) -> None:
        self._entries = database[COLLECTION]
        self._actors = database[ACTORS]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection and its indexes."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        await database[COLLECTION].create_indexes(list(_INDEXES))

    @staticmethod
    async def migrate_actors(database: Database) -> None:
        """Create the collection of actors, and add the actors of all entries."""
        await ensure_collection(database, ACTORS, _ACTOR_SCHEMA)
        await database[ACTORS].create_indexes([_ACTOR.index])
        entries, trail, last = database[COLLECTION], AuditTrail(database), ""
        # Each step finds the next actor in the index, however many entries an actor has.
        while row := await entries.find_one(
            {"actor": {"$gt": last}}, {"actor": 1}, sort=[("actor", 1)]
        ):
            last = row["actor"]
            await trail.add_actor(last, session=None)

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
        await self.add_actor(actor, session=session)
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
            TooManyActorsError: More than 100 actors match.
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        query = _query(conditions)
        if conditions.actor is not None:
            query["actor"] = {"$in": await self._find_actors(conditions.actor)}
        rows, next_cursor = await _NEWEST.page(self._entries, query, limit=limit, cursor=cursor)
        return [_entry(row) for row in rows], next_cursor

    async def add_actor(self, actor: str, *, session: Session) -> None:
        """Store an actor, so that a search finds the actor's entries."""
        await self._actors.update_one(
            {"_id": actor},
            {"$setOnInsert": {"email": actor, **_ACTOR.keys(actor)}},
            upsert=True,
            session=session,
        )

    async def _find_actors(self, text: str) -> list[str]:
        rows = self._actors.find(_ACTOR.matching(text), {"_id": 1}).limit(ACTOR_LIMIT + 1)
        actors = [row["_id"] async for row in rows]
        if len(actors) > ACTOR_LIMIT:
            raise TooManyActorsError(text)
        # A replica of the previous release adds entries without adding the actor.
        return [*actors, text]


def _query(conditions: AuditFilter) -> Document:
    times = {"$gte": conditions.since, "$lt": conditions.until}
    fields = {
        "action": conditions.action,
        "subject": conditions.subject,
        "at": {operator: time for operator, time in times.items() if time} or None,
    }
    return {field: value for field, value in fields.items() if value is not None}


def _entry(row: Document) -> AuditEntry:
    return AuditEntry(id=str(row["_id"]), **{name: row[name] for name in row if name != "_id"})
