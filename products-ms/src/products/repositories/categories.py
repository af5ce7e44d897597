"""The collection `categories`."""

from collections.abc import Iterable, Sequence

from bson import ObjectId

from products.models.product import CATEGORY_LIMIT, Category
from products.repositories import name_keys
from products.repositories.name_order import DEFAULT_LANGUAGE, order_of_names
from shopkit.names import name_key
from shopkit.storage.mongo import Database, Document, Session


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
        return [_category(row) async for row in rows.limit(CATEGORY_LIMIT)]

    async def count(self, *, session: Session) -> int:
        """Return the number of categories, at most the limit."""
        return await self._categories.count_documents({}, limit=CATEGORY_LIMIT, session=session)

    async def find_by_id(self, category_id: str, *, session: Session) -> Category | None:
        """Return the category."""
        row = await self._categories.find_one({"_id": ObjectId(category_id)}, session=session)
        return _category(row) if row else None

    async def find_by_ids(
        self, ids: Iterable[ObjectId], *, session: Session = None
    ) -> dict[ObjectId, Category]:
        """Return the categories that exist, by id."""
        unique = list(set(ids))
        if not unique:
            return {}
        rows = self._categories.find({"_id": {"$in": unique}}, session=session)
        return {row["_id"]: _category(row) async for row in rows}

    async def find_by_name(self, name: str, *, session: Session = None) -> Category | None:
        """Return the category with a name.

        If two categories have the name, the one that is spelled exactly like it is preferred.
        """
        return (await self.find_by_names([name], session=session))[name]

    async def find_by_names(
        self, names: Sequence[str], *, session: Session
    ) -> dict[str, Category | None]:
        """Return the category of each name, as `find_by_name` does."""
        rows = self._categories.find(name_keys.by_names(names), session=session)
        categories = [_category(row) async for row in rows]
        return {name: _find(name, categories) for name in names}

    async def is_name_taken(self, category: Category, *, session: Session) -> bool:
        """Return whether another category has the name of a category."""
        rows = self._categories.find(name_keys.by_names([category.name]), session=session)
        others = [other async for row in rows if (other := _category(row)).id != category.id]
        return _find(category.name, others) is not None

    async def insert(self, category: Category, *, session: Session) -> None:
        """Store a new category, whose name is free."""
        await self._release_key(category, session=session)
        document = {
            "_id": ObjectId(category.id),
            "name": category.name,
            "version": category.version,
            "guard": 0,
            **name_keys.keys_of(category.name),
        }
        await self._categories.insert_one(document, session=session)

    async def rename(self, category: Category, *, session: Session) -> None:
        """Store the new name of a category, which is free, and mark its products as outdated."""
        await self._release_key(category, session=session)
        changed = {"name": category.name, "version": category.version, "outdated": True}
        await self._categories.update_one(
            {"_id": ObjectId(category.id)},
            {"$set": changed | name_keys.keys_of(category.name), "$inc": {"guard": 1}},
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

    async def find_outdated(self) -> Category | None:
        """Return a category that was renamed and whose products are not all refreshed."""
        row = await self._categories.find_one({"outdated": True})
        return _category(row) if row else None

    async def set_refreshed(self, category: Category) -> None:
        """Store that all products of a category are refreshed, unless it was renamed since."""
        await self._categories.update_one(
            {"_id": ObjectId(category.id), "version": category.version},
            {"$unset": {"outdated": ""}},
        )

    async def add_missing_keys(self, limit: int) -> int:
        """Add the keys of up to `limit` names that lack one, and return their number."""
        return await name_keys.add_missing_keys(self._categories, limit)

    async def _release_key(self, category: Category, *, session: Session) -> None:
        # The name is free. If a category still has its key, a replica of the previous release has
        # renamed that category.
        await self._categories.update_many(
            {"unique_name_key": name_key(category.name), "_id": {"$ne": ObjectId(category.id)}},
            {"$unset": {"name_key": "", "unique_name_key": ""}},
            session=session,
        )


def _find(name: str, categories: Sequence[Category]) -> Category | None:
    # A replica of the previous release renames a category without changing its keys, so the names
    # are compared again.
    same = [category for category in categories if name_key(category.name) == name_key(name)]
    exact = [category for category in same if category.name == name]
    return next(iter(exact or same), None)


def _category(row: Document) -> Category:
    return Category(str(row["_id"]), row["name"], row.get("version", 0))
