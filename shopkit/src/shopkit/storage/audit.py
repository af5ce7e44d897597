"""The audit trail: who changed what and when, with the values before and after."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from shopkit.identity import Actor, account_of, is_account_id, name_of
from shopkit.storage.email_search import EmailSearch
from shopkit.storage.keyset import Keyset, id_key, time_key
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.tracing.context import current_request_id

COLLECTION = "audit"
ACTORS = "audit_actors"
"""One document for each actor, by which a search finds actors, however many entries they have."""
ACTOR_LIMIT = 100
"""The maximum number of actors whose entries are merged into one list."""

_ACTOR = EmailSearch("email")
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

    Attributes:
        actor: The beginning of the actor's email address, or of its domain, or the account id.
        subject: The id or the email address of the subject.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditTrail:
    """The collections `audit` and `audit_actors`.

    Entries are never changed or deleted: the service's database user can only find and insert here
    (`shopkit.storage.privileges`).
    """

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
            with suppress(DuplicateKeyError):
                await trail.add_actor(last, session=None)

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
        await self.add_actor(name_of(actor), session=session)
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
            TooManyActorsError: More than 100 actors match.
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        queries = _queries(conditions, await self._match_actor(conditions.actor))
        rows, next_cursor = await _NEWEST.page_of_any(
            self._entries, queries, limit=limit, cursor=cursor
        )
        return [_entry(row) for row in rows], next_cursor

    async def add_actor(self, actor: str, *, session: Session) -> None:
        """Store an actor, so that a search finds the actor's entries.

        Raises:
            pymongo.errors.DuplicateKeyError: Another process stored the actor at the same time.
        """
        if await self._actors.find_one({"_id": actor}, {"_id": 1}, session=session) is None:
            row = {"_id": actor, "email": actor, **_ACTOR.keys(actor)}
            await self._actors.insert_one(row, session=session)

    async def _match_actor(self, actor: str | None) -> Document:
        """Return the filter for the entries of an actor."""
        if actor is None:
            return {}
        if is_account_id(actor):
            return {"actor_id": actor}
        return {"actor": {"$in": await self._find_actors(actor)}}

    async def _find_actors(self, text: str) -> list[str]:
        rows = self._actors.find(_ACTOR.matching(text), {"_id": 1}).limit(ACTOR_LIMIT + 1)
        actors = [row["_id"] async for row in rows]
        if len(actors) > ACTOR_LIMIT:
            raise TooManyActorsError(text)
        # A replica of the previous release adds entries without adding the actor.
        return [*actors, text]


def _queries(conditions: AuditFilter, by_actor: Document) -> list[Document]:
    """Return the filters of which an entry must match one."""
    query = _query(conditions) | by_actor
    if conditions.subject is None or not is_account_id(conditions.subject):
        return [query]
    # The subject is an account, or something else whose id has the same form.
    by_account = {name: value for name, value in query.items() if name != "subject"}
    return [query, by_account | {"subject_id": conditions.subject}]


def _query(conditions: AuditFilter) -> Document:
    times = {"$gte": conditions.since, "$lt": conditions.until}
    equal = {
        "action": conditions.action,
        "subject": conditions.subject,
        "at": {operator: time for operator, time in times.items() if time} or None,
    }
    return {field: value for field, value in equal.items() if value is not None}


def _entry(row: Document) -> AuditEntry:
    names = {field.name for field in fields(AuditEntry)} & set(row)
    return AuditEntry(id=str(row["_id"]), **{name: row[name] for name in names})
