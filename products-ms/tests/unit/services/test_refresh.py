from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from products.dependencies import Services
from products.models.change import Change
from products.models.product import Product
from products.models.query import ProductQuery
from products.repositories.listing import ProductListing
from products.repositories.products import ProductRepository
from products.services import refresh as module
from products.services.editing import EditRequest
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database, Document
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]

ELECTRONICS, KITCHEN = an_id(0xCA01), an_id(0xCA02)
COUNT = 7


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def leased(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers to the next requests for the lease. When they are used up, it is granted."""
    answers: list[bool] = []

    async def acquire(_leases: JobLeases, job: str, duration: timedelta, holder: str) -> bool:
        return answers.pop(0) if answers else True

    monkeypatch.setattr(JobLeases, "acquire", acquire)
    monkeypatch.setattr(module, "CHUNK", 3)
    return answers


@pytest.fixture(autouse=True)
async def _shelf(add: AddProduct, leased: list[bool]) -> None:
    for number in range(1, COUNT + 1):
        await add(number, name=f"spoon {number}", categories=("electronics", "kitchen"))


async def found(database: Database, text: str) -> list[int]:
    query = ProductQuery(text=text)
    products, _ = await ProductListing(database).page(query, limit=100, cursor=None)
    return [int(product.id, 16) for product in products]


async def outdated(database: Database) -> int:
    return await database["categories"].count_documents({"outdated": True})


class TestRefresh:
    async def test_the_search_finds_products_by_the_new_name(
        self, services: Services, database: Database
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        assert await found(database, "cook") == []
        # When
        await services.refresh.refresh()
        # Then
        assert await found(database, "cook") == list(range(1, COUNT + 1))
        assert await found(database, "kitchen") == []
        assert await outdated(database) == 0
        row = await database["products"].find_one({"_id": ObjectId(an_id(1))})
        assert row
        assert [category["name"] for category in row["categories"]] == ["electronics", "cooking"]

    async def test_changes_no_version_and_no_other_field(
        self, services: Services, database: Database
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        before = await database["products"].find({}, {"terms": 0, "categories": 0}).to_list()
        # When
        await services.refresh.refresh()
        # Then
        after = await database["products"].find({}, {"terms": 0, "categories": 0}).to_list()
        assert after == before

    async def test_continues_where_another_replica_stopped(
        self, services: Services, database: Database, leased: list[bool]
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        leased += [True, True, False]
        await services.refresh.refresh()
        assert await found(database, "cook") == [1, 2, 3, 4, 5, 6]
        assert await outdated(database) == 1
        # When
        await services.refresh.refresh()
        # Then
        assert await found(database, "cook") == list(range(1, COUNT + 1))
        assert await outdated(database) == 0

    async def test_does_nothing_if_another_replica_does(
        self, services: Services, database: Database, leased: list[bool]
    ) -> None:
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        leased.append(False)
        await services.refresh.refresh()
        assert await found(database, "cook") == []

    async def test_a_product_that_is_edited_meanwhile_is_refreshed_later(
        self, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        refresh = ProductRepository.refresh

        async def edit_first(repository: ProductRepository, products: Any) -> None:
            monkeypatch.setattr(ProductRepository, "refresh", refresh)
            await database["products"].update_one(
                {"_id": ObjectId(an_id(2))},
                {"$set": {"description": "of silver"}, "$inc": {"details_version": 1}},
            )
            await refresh(repository, products)

        monkeypatch.setattr(ProductRepository, "refresh", edit_first)
        # When
        await services.refresh.refresh()
        # Then
        assert await found(database, "cook") == [1, 3, 4, 5, 6, 7]
        assert await outdated(database) == 1
        # When
        await services.refresh.refresh()
        # Then
        assert await found(database, "cook silver") == [2]
        assert await outdated(database) == 0

    async def test_never_replaces_a_later_name(
        self, services: Services, database: Database
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        repository = ProductRepository(database)
        stale = list((await repository.find_by_ids([an_id(1)])).values())
        await services.categories.rename(KITCHEN, "dining", actor="admin")
        await services.refresh.refresh()
        # When
        await repository.refresh(stale)
        # Then
        assert await found(database, "dining") == list(range(1, COUNT + 1))
        assert await found(database, "cooking") == []

    async def test_a_category_that_is_renamed_meanwhile_stays_marked(
        self, services: Services, database: Database
    ) -> None:
        # Given
        before = await services.categories.rename(KITCHEN, "cooking", actor="admin")
        await services.categories.rename(KITCHEN, "dining", actor="admin")
        # When
        await services.refresh._categories.set_refreshed(before)
        # Then
        assert await outdated(database) == 1

    async def test_an_edit_stores_the_current_name(
        self, services: Services, database: Database
    ) -> None:
        # Given
        await services.categories.rename(KITCHEN, "cooking", actor="admin")
        request = EditRequest("admin", seen_versions=[(1, 1)])
        # When
        await services.editing.change(an_id(1), Change(description="new"), request)
        # Then
        assert await found(database, "cook") == [1]


class TestMissingKeys:
    async def test_adds_the_keys_of_names_that_an_older_replica_stored(
        self, services: Services, database: Database
    ) -> None:
        # Given
        unset = {"$unset": {"name_key": "", "unique_name_key": ""}}
        await database["products"].update_many({}, unset)
        await database["categories"].update_many({}, unset)
        # When
        for _ in range(3):
            await services.refresh.refresh()
        # Then
        for collection in ("products", "categories"):
            rows: list[Document] = await database[collection].find().to_list()
            assert all(row["name_key"] == row["unique_name_key"] == row["name"] for row in rows)
