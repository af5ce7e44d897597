"""The changes of the catalogue, on a real database, because mongomock has no log."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from products.dependencies import Services, build
from products.models.change import Change, NewProduct
from products.repositories import catalogue_changes
from products.repositories.catalogue_changes import CatalogueChanges
from products.services.editing import EditRequest
from products.services.ready_pages import Page
from shopkit.identity import Identity
from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import MongoTransactions
from shopkit.testing.deliveries import an_id, placed

pytestmark = pytest.mark.mongod

Write = Callable[[Services], Awaitable[object]]


@pytest.fixture
def writer(real_database: Database) -> Services:
    """Another replica."""
    return build(real_database, MongoTransactions(real_database.client, Outbox(real_database)))


async def add(services: Services, number: int) -> None:
    product = NewProduct(
        id=an_id(number),
        name=f"product {number}",
        description="",
        price_cents=100,
        quantity=10,
        categories=("kitchen",),
    )
    await services.editing.create(product, actor="tests")


async def restock(services: Services) -> None:
    change = Change(quantity_delta=1)
    await services.editing.change(an_id(1), change, EditRequest("tests"))


async def kitchen_of(services: Services) -> str:
    [kitchen] = [each for each in await services.catalogue.categories() if each.name == "kitchen"]
    return kitchen.id


async def rename(services: Services) -> None:
    await services.categories.rename(await kitchen_of(services), "cuisine", actor="tests")


@pytest.fixture
async def changes(real_database: Database, writer: Services) -> CatalogueChanges:
    """The changes, after a first check."""
    await add(writer, 1)
    changes = CatalogueChanges(real_database)
    assert await changes.generation() == 1
    return changes


class TestGeneration:
    async def test_stays_the_same_while_nothing_changes(self, changes: CatalogueChanges) -> None:
        assert [await changes.generation() for _ in range(5)] == [1] * 5

    async def test_ignores_other_collections(
        self, changes: CatalogueChanges, real_database: Database
    ) -> None:
        for name in ("outbox", "orders", "audit", "job_leases"):
            await real_database[name].insert_one({"_id": "x"}, bypass_document_validation=True)

        assert await changes.generation() == 1

    @pytest.mark.parametrize(
        "write",
        [
            lambda services: add(services, 2),
            restock,
            rename,
            lambda services: services.categories.add("garden", actor="tests"),
            lambda services: services.editing.archive(an_id(1), EditRequest("tests", [(1, 0)])),
        ],
        ids=["add", "restock", "rename", "category", "archive"],
    )
    async def test_grows_with_each_write_of_another_replica(
        self, changes: CatalogueChanges, writer: Services, write: Write
    ) -> None:
        # When
        await write(writer)

        # Then: the first check after the write finds it.
        assert await changes.generation() == 2
        assert await changes.generation() == 2

    async def test_grows_when_an_order_takes_stock(
        self, changes: CatalogueChanges, writer: Services
    ) -> None:
        await writer.decisions.decide([placed(7, {1: 3})])

        assert await changes.generation() == 2
        assert (await writer.catalogue.get(an_id(1))).quantity == 7

    async def test_finds_each_of_many_writes_at_once(
        self, changes: CatalogueChanges, writer: Services
    ) -> None:
        known = 1
        for _ in range(50):
            await restock(writer)
            found = await changes.generation()
            assert found == known + 1
            known = found

    async def test_finds_many_changes_between_two_checks(
        self, changes: CatalogueChanges, real_database: Database
    ) -> None:
        # Given
        products = real_database["products"]
        for _ in range(500):
            await products.update_one({}, {"$inc": {"stock_version": 1}})

        # When
        found = [await changes.generation() for _ in range(500)]

        # Then: reading them takes a few checks at the most.
        assert found[0] == 2
        assert found[-1] == found[20]

    async def test_grows_when_a_collection_is_dropped(
        self, changes: CatalogueChanges, real_database: Database
    ) -> None:
        # When
        await real_database["categories"].rename("kept")
        generations = [await changes.generation() for _ in range(3)]
        await real_database["kept"].rename("categories")

        # Then: the log is open again, and still followed.
        assert generations[0] == 2
        before = await changes.generation()
        await real_database["categories"].update_one({}, {"$inc": {"guard": 1}})
        after = await changes.generation()
        assert before is not None
        assert after is not None
        assert after > before

    async def test_grows_if_the_log_was_not_read_for_long(
        self, changes: CatalogueChanges, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catalogue_changes, "IDLE_SECONDS", 0.0)

        assert await changes.generation() == 2

    @pytest.mark.parametrize("error", [AutoReconnect("gone"), TimeoutError()])
    async def test_is_unknown_while_the_log_cannot_be_read(
        self,
        changes: CatalogueChanges,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
    ) -> None:
        # Given
        async def fail(_stream: object) -> bool:
            raise error

        # When
        with monkeypatch.context() as failing:
            failing.setattr(catalogue_changes, "_has_changes", fail)
            unknown = await changes.generation()

        # Then: what was read before no longer counts.
        assert unknown is None
        assert await changes.generation() == 2

    async def test_does_not_wait_for_a_database_that_does_not_answer(
        self, changes: CatalogueChanges, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang(_stream: object) -> bool:
            await asyncio.Event().wait()
            return False

        monkeypatch.setattr(catalogue_changes, "_has_changes", hang)
        monkeypatch.setattr(catalogue_changes, "CHECK_SECONDS", 0.05)

        assert await changes.generation() is None


class TestReadyPages:
    async def test_never_answer_with_a_page_from_before_an_acknowledged_write(
        self, real_database: Database, writer: Services
    ) -> None:
        # Given: two replicas that know the page, and a third that writes.
        await add(writer, 1)
        replicas = [build(real_database, MongoTransactions(real_database.client)) for _ in range(2)]

        async def quantity(services: Services) -> int:
            async def read() -> Page:
                product = await services.catalogue.get(an_id(1))
                return Page(str(product.quantity).encode(), "")

            page = await services.pages.get(Identity(), "one", read)
            return int(page.body)

        # When
        acknowledged = 10
        stale: list[tuple[int, int]] = []
        stopping = asyncio.Event()

        async def observe(services: Services) -> int:
            count = 0
            while not stopping.is_set():
                bound = acknowledged
                shown = await quantity(services)
                if shown < bound:
                    stale.append((bound, shown))
                count += 1
            return count

        observers = [asyncio.create_task(observe(each)) for each in replicas for _ in range(4)]
        for _ in range(100):
            await restock(writer)
            acknowledged += 1
        stopping.set()
        counts = [await observer for observer in observers]

        # Then
        assert stale == []
        assert min(counts) > 10
        products = real_database["products"]
        assert (await products.find_one({"_id": ObjectId(an_id(1))}) or {})["quantity"] == 110
