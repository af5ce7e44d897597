"""How far reconciliation has got: one document in the collection `reconcile`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document

COLLECTION = "reconcile"
_ID = "progress"
_SCHEMA = {
    "bsonType": "object",
    "required": ["finished_at"],
    "properties": {"finished_at": {"bsonType": "date"}},
}


@dataclass(frozen=True, slots=True)
class Position:
    """A position within a pass.

    Attributes:
        part: The name of the part that is being compared.
        after: The id up to which this part is compared, None at its beginning.
        found: The number of differences that the pass has found, by kind.
    """

    part: str
    after: str | None
    found: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LastResult:
    """The result of the last complete pass of any replica.

    Attributes:
        found: The number of differences, by kind.
        refused: Whether reconciliation was refused since then because of another database.
    """

    found: Mapping[str, int]
    refused: bool


class ReconcileProgress:
    """Reads and writes the progress, by the clock of the database."""

    def __init__(self, database: Database) -> None:
        self._progress = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, _SCHEMA)

    async def is_due(self, interval: timedelta) -> bool:
        """Return whether a pass was interrupted, or the last one ended an interval ago.

        The first call begins the first interval.
        """
        first = [{"$set": {"finished_at": {"$ifNull": ["$finished_at", "$$NOW"]}}}]
        await self._progress.update_one({"_id": _ID}, first, upsert=True)
        milliseconds = int(interval.total_seconds() * 1_000)
        elapsed = {"$lte": [{"$add": ["$finished_at", milliseconds]}, "$$NOW"]}
        due = {"$or": [{"position": {"$exists": True}}, {"$expr": elapsed}]}
        return await self._progress.find_one({"_id": _ID, **due}) is not None

    async def position(self) -> Position | None:
        """Return the position of an interrupted pass."""
        document = await self._read()
        position = document.get("position")
        return (
            Position(position["part"], position["after"], position["found"]) if position else None
        )

    async def last_result(self) -> LastResult:
        """Return the result of the last complete pass."""
        document = await self._read()
        return LastResult(document.get("found", {}), document.get("refused", False))

    async def save(self, position: Position) -> None:
        """Store the position of the pass."""
        value = {"part": position.part, "after": position.after, "found": dict(position.found)}
        await self._update({"position": value, "refused": False})

    async def finish(self, found: Mapping[str, int]) -> None:
        """Store the result of a complete pass."""
        now = {"finished_at": "$$NOW", "found": {"$literal": dict(found)}, "refused": False}
        await self._progress.update_one(
            {"_id": _ID}, [{"$set": now}, {"$unset": "position"}], upsert=True
        )

    async def refuse(self) -> None:
        """Store that a pass was refused."""
        await self._update({"refused": True})

    async def _update(self, fields: Document) -> None:
        # A pipeline, so that an upsert can set the time as well.
        first = {"finished_at": {"$ifNull": ["$finished_at", "$$NOW"]}}
        values = {name: {"$literal": value} for name, value in fields.items()}
        await self._progress.update_one({"_id": _ID}, [{"$set": {**first, **values}}], upsert=True)

    async def _read(self) -> Document:
        return await self._progress.find_one({"_id": _ID}) or {}
