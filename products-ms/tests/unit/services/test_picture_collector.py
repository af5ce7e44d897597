from collections.abc import Awaitable, Callable

import pytest
from bson import ObjectId

from products.dependencies import Services, build
from products.models.product import Product
from products.services import picture_collector as module
from products.services.picture_collector import PictureCollector
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]
Store = Callable[..., Awaitable[None]]
Show = Callable[[str], Awaitable[None]]


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def collector(services: Services) -> PictureCollector:
    return services.picture_collector


@pytest.fixture
def store(database: Database) -> Store:
    """Stores files of product 1 with pictures of these names."""

    async def store(*pictures: str) -> None:
        ids = [f"{an_id(1)}/{picture}/full" for picture in pictures]
        await database["images.files"].insert_many([{"_id": file_id} for file_id in ids])
        await database["images.chunks"].insert_many(
            [{"files_id": file_id, "n": 0} for file_id in ids]
        )

    return store


@pytest.fixture
async def show(add: AddProduct, database: Database) -> Show:
    """Makes product 1 show a picture."""
    await add(1)

    async def show(picture: str) -> None:
        product = {"_id": ObjectId(an_id(1))}
        await database["products"].update_one(product, {"$set": {"picture": picture}})

    return show


@pytest.fixture
def remaining(database: Database) -> Callable[[], Awaitable[set[str]]]:
    """Returns the pictures with files, which all have chunks."""

    async def remaining() -> set[str]:
        files = {file["_id"] async for file in database["images.files"].find({})}
        chunks = {chunk["files_id"] async for chunk in database["images.chunks"].find({})}
        assert files == chunks
        return {file_id.split("/")[1] for file_id in files}

    return remaining


class TestCollect:
    async def test_deletes_a_file_that_stays_unused_for_an_hour(
        self,
        collector: PictureCollector,
        store: Store,
        show: Show,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
    ) -> None:
        # Given
        await store("old", "new")
        await show("new")
        await collector.collect()
        # When
        clock.advance(minutes=59)
        await collector.collect()
        # Then
        assert await remaining() == {"old", "new"}
        # When
        clock.advance(minutes=1)
        await collector.collect()
        # Then
        assert await remaining() == {"new"}

    async def test_counts_the_hour_from_when_the_file_was_found_unused(
        self,
        collector: PictureCollector,
        store: Store,
        show: Show,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
    ) -> None:
        # Given a picture that was shown for days
        await store("a", "b")
        await show("a")
        await collector.collect()
        clock.advance(days=3)
        # When
        await show("b")
        await collector.collect()
        # Then
        assert await remaining() == {"a", "b"}

    async def test_keeps_a_file_that_came_into_use_after_its_upload(
        self,
        collector: PictureCollector,
        store: Store,
        show: Show,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
    ) -> None:
        # Given a file whose transaction is not committed yet
        await show("a")
        await store("b")
        await collector.collect()
        # When
        await show("b")
        clock.advance(hours=2)
        await collector.collect()
        # Then it is as if the file had been used from the beginning
        await show("c")
        await collector.collect()
        assert await remaining() == {"b"}

    async def test_deletes_files_of_unknown_products(
        self,
        collector: PictureCollector,
        store: Store,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
    ) -> None:
        # Given
        await store("a")
        await collector.collect()
        # When
        clock.advance(hours=1)
        await collector.collect()
        # Then
        assert await remaining() == set()

    async def test_checks_a_limited_number_of_files_in_turn(
        self,
        collector: PictureCollector,
        store: Store,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 2)
        await store("a", "b", "c")
        for _ in range(2):
            await collector.collect()
        clock.advance(hours=1)
        # When
        await collector.collect()
        # Then
        assert await remaining() == {"c"}
        # When
        await collector.collect()
        await collector.collect()
        # Then
        assert await remaining() == set()

    async def test_may_run_in_several_replicas(
        self,
        collector: PictureCollector,
        database: Database,
        transactions: FakeTransactions,
        store: Store,
        show: Show,
        clock: FakeClock,
        remaining: Callable[[], Awaitable[set[str]]],
    ) -> None:
        # Given
        other = build(database, transactions, clock).picture_collector
        await store("a", "b")
        await show("b")
        # When
        for replica in (collector, other):
            await replica.collect()
        clock.advance(hours=1)
        for replica in (collector, other):
            await replica.collect()
        # Then
        assert await remaining() == {"b"}
