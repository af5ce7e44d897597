"""The collection `categories`."""

from collections.abc import Sequence

from bson import ObjectId

from products.models.product import Category
from products.repositories.name_order import DEFAULT_LANGUAGE, order_of_names
from shopkit.storage.mongo import Database, Session


class CategoryRepository:
    """Reads and writes categories.

    Args:
        database: The database.
        language: The language by whose rules names are sorted.
    """

    def __init__(self, database: Database, language: str = DEFAULT_LANGUAGE) -> None:
        self._categories = database["categories"]
        self._order_of_names = order_of_names(language)

    async def all(self) -> list[Category]:
        """Return all categories, ordered by name."""
        rows = self._categories.find({}, collation=self._order_of_names).sort("name", 1)
        return [Category(str(row["_id"]), row["name"]) async for row in rows]

    async def find_by_name(self, name: str, *, session: Session = None) -> Category | None:
        """Return the category with this name."""
        row = await self._categories.find_one({"name": name}, session=session)
        return Category(str(row["_id"]), row["name"]) if row else None

    async def find_by_names(self, names: Sequence[str], *, session: Session) -> list[Category]:
        """Return the categories that exist, in the order of the names."""
        rows = self._categories.find({"name": {"$in": list(names)}}, session=session)
        by_name = {row["name"]: Category(str(row["_id"]), row["name"]) async for row in rows}
        return [by_name[name] for name in names if name in by_name]

    async def insert(self, category: Category, *, session: Session) -> None:
        """Store a new category."""
        document = {"_id": ObjectId(category.id), "name": category.name, "guard": 0}
        await self._categories.insert_one(document, session=session)

    async def rename(self, category: Category, *, session: Session) -> None:
        """Store the new name of a category."""
        await self._categories.update_one(
            {"_id": ObjectId(category.id)},
            {"$set": {"name": category.name}, "$inc": {"guard": 1}},
            session=session,
        )

    async def delete(self, category_id: str, *, session: Session) -> None:
        """Delete a category."""
        await self._categories.delete_one({"_id": ObjectId(category_id)}, session=session)

    async def guard(self, categories: Sequence[Category], *, session: Session) -> None:
        """Write to the categories that a product is assigned to.

        A transaction that deletes or renames a category writes to it as well. So if both run at
        the same time, one of them runs again and sees the other's change. With snapshot reads
        alone, both would commit.
        """
        await self._categories.update_many(
            {"_id": {"$in": [ObjectId(category.id) for category in categories]}},
            {"$inc": {"guard": 1}},
            session=session,
        )
