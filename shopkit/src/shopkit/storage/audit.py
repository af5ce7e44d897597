"""The audit trail: who changed what, when, before and after. The same in every service."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from bson import ObjectId
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pymongo import DESCENDING, IndexModel

from shopkit.storage import cursors
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.text import Text
from shopkit.tracing.context import current_request_id

COLLECTION = "audit"
INDEXES = (
    IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
    *(
        IndexModel([(field, 1), ("at", DESCENDING), ("_id", DESCENDING)], name=f"newest_by_{field}")
        for field in ("actor", "action", "subject")
    ),
)

SCHEMA = {
    "bsonType": "object",
    "required": ["at", "actor", "action", "subject"],
    "properties": {"at": {"bsonType": "date"}, "actor": {"bsonType": "string"}},
}

Name = Annotated[Text, Field(max_length=320)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is no time between the years 1 and 9999") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Entry(BaseModel):
    """One change."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str


class Page(BaseModel):
    """Some entries, newest first, and the cursor of those after them."""

    entries: list[Entry]
    next_cursor: str | None


class Query(BaseModel):
    """Which entries are asked for; `until` itself is not among them."""

    actor: Name | None = None
    action: Name | None = None
    subject: Name | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None


async def migrate(database: Database) -> None:
    """Create the collection and its indexes."""
    await ensure_collection(database, COLLECTION, SCHEMA)
    await database[COLLECTION].create_indexes(list(INDEXES))


class AuditTrail:
    """Keeps the entries for good."""

    def __init__(self, database: Database) -> None:
        self._entries = database[COLLECTION]

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
        """Add an entry, in the transaction of the change that it tells of."""
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

    async def page(self, query: Query) -> Page:
        """Return the entries that a query asks for.

        Raises:
            shopkit.storage.cursors.InvalidCursorError: The cursor is none of this list's.
        """
        found = self._entries.find(_filter(query))
        order = [("at", DESCENDING), ("_id", DESCENDING)]
        rows = await found.sort(order).limit(query.limit + 1).to_list()
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        return Page(
            entries=[_entry(row) for row in shown],
            next_cursor=_cursor_after(shown[-1]) if more else None,
        )


def _filter(query: Query) -> Document:
    wanted = query.model_dump(include={"actor", "action", "subject"}, exclude_none=True)
    times = {"$gte": query.since, "$lt": query.until}
    bounds = {operator: moment for operator, moment in times.items() if moment}
    if bounds:
        wanted["at"] = bounds
    if query.cursor is None:
        return wanted
    return {"$and": [wanted, _after(query.cursor)]}


def _cursor_after(row: Document) -> str:
    return cursors.encode(row["at"].isoformat(), str(row["_id"]))


def _after(cursor: str) -> Document:
    moment, key = cursors.decode(cursor, parts=2)
    at, last = cursors.moment(moment), ObjectId(cursors.object_id(key))
    return {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": last}}]}


def _entry(row: Document) -> Entry:
    return Entry(id=str(row["_id"]), **{name: row[name] for name in row if name != "_id"})
