"""The collection `delivery_methods`, which admins edit. There are at most 50."""

from collections.abc import Sequence

from orders.models.delivery import DeliveryMethod, FeeStep
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session

COLLECTION = "delivery_methods"
LIMIT = 50
"""How many delivery methods the shop can have."""

_SCHEMA = {
    "bsonType": "object",
    "required": ["name", "countries", "fees", "free_from_cents", "days"],
    "properties": {
        "name": {"bsonType": "string"},
        "countries": {"bsonType": "array", "minItems": 1},
        "fees": {"bsonType": "array", "minItems": 1},
    },
}


class DeliveryMethodRepository:
    """Reads and writes the delivery methods."""

    def __init__(self, database: Database) -> None:
        self._methods = database[COLLECTION]

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection."""
        await ensure_collection(database, COLLECTION, _SCHEMA)

    async def find_all(self, *, session: Session = None) -> Sequence[DeliveryMethod]:
        """Return all delivery methods, by id."""
        rows = self._methods.find({}, session=session).sort("_id", 1).limit(LIMIT)
        return [_method(row) async for row in rows]

    async def find_by_id(self, method_id: str, *, session: Session = None) -> DeliveryMethod | None:
        """Return a delivery method."""
        row = await self._methods.find_one({"_id": method_id}, session=session)
        return _method(row) if row else None

    async def put(self, method: DeliveryMethod, *, session: Session) -> None:
        """Store a delivery method in place of the one with its id."""
        await self._methods.replace_one(
            {"_id": method.id}, _document(method), upsert=True, session=session
        )

    async def delete(self, method_id: str, *, session: Session) -> None:
        """Delete a delivery method."""
        await self._methods.delete_one({"_id": method_id}, session=session)


def _document(method: DeliveryMethod) -> Document:
    return {
        "_id": method.id,
        "name": method.name,
        "countries": list(method.countries),
        "fees": [step._asdict() for step in method.fees],
        "free_from_cents": method.free_from_cents,
        "days": method.days,
    }


def _method(row: Document) -> DeliveryMethod:
    return DeliveryMethod(
        id=row["_id"],
        name=row["name"],
        countries=tuple(row["countries"]),
        fees=tuple(FeeStep(**step) for step in row["fees"]),
        free_from_cents=row["free_from_cents"],
        days=row["days"],
    )
