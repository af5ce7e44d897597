from collections.abc import Awaitable, Callable

import pytest

from products import migrations as module
from products.migrations import MIGRATIONS, migrations_for
from products.models.product import Product
from products.repositories.products import terms_of
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def named(name: str) -> Migration:
    return next(migration for migration in MIGRATIONS if migration.name == name)


class TestSearchTerms:
    @pytest.fixture(autouse=True)
    async def _shelf(
        self, add: AddProduct, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TERMS_CHUNK", 2)
        for number in range(1, 6):
            await add(number, name=f"łódź {number}")
        await database["products"].update_many(
            {}, {"$set": {"terms": ["łodz"], "name_terms": ["łodz"]}}
        )

    async def found(self, database: Database) -> int:
        return await database["products"].count_documents({"terms": "lodz", "name_terms": "lodz"})

    async def test_are_computed_for_all_products(self, database: Database) -> None:
        # Given
        before = await database["products"].find({}, {"terms": 0, "name_terms": 0}).to_list()
        # When
        await named("0007-search-terms").apply(database)
        # Then
        assert await self.found(database) == 5
        after = await database["products"].find({}, {"terms": 0, "name_terms": 0}).to_list()
        assert after == before

    async def test_are_computed_for_the_rest_after_an_interruption(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        def fail_at_the_fourth(product: Product) -> dict[str, object]:
            if product.id == an_id(4):
                raise ZeroDivisionError
            return terms_of(product)

        monkeypatch.setattr(module, "terms_of", fail_at_the_fourth)
        with pytest.raises(ZeroDivisionError):
            await named("0007-search-terms").apply(database)
        assert await self.found(database) == 2
        # When
        monkeypatch.setattr(module, "terms_of", terms_of)
        await named("0007-search-terms").apply(database)
        # Then
        assert await self.found(database) == 5


class TestNames:
    def test_have_a_migration_for_each_language(self) -> None:
        assert [migration.name for migration in migrations_for("en")] == [
            *(migration.name for migration in MIGRATIONS),
            "0012-names-en",
        ]
        assert migrations_for("de")[-1].name == "0012-names-de"
