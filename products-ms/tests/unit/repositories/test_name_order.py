"""Tests of the order of names, which needs a real database."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bson import ObjectId
from pymongo.asynchronous.cursor import AsyncCursor

from products.migrations import migrations_for
from products.models.product import Category, Product
from products.models.query import ProductQuery, Sort
from products.repositories.categories import CategoryRepository
from products.repositories.listing import ProductListing
from shopkit.storage import migrations
from shopkit.storage.keyset import CURSOR_LIMIT
from shopkit.storage.mongo import Database, Document
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]

pytestmark = pytest.mark.mongod

KITCHEN = Category(an_id(0xCA02), "kitchen")
NAMES = (
    "zebra",
    "zürich",
    "äpfel",
    "apfel",
    "item 10",
    "item 2",
    "item 02",
    "item 1",
    "ångström",
    "łódź",
    "lok",
    "øl",
    "oz",
    "!",
    "😀" * 60,
    "😀" * 60 + "!",
    "हिन्दी",
    "中",
)
ENGLISH = [
    "!",
    "😀" * 60,
    "😀" * 60 + "!",
    "ångström",
    "apfel",
    "äpfel",
    "item 1",
    "item 2",
    "item 02",
    "item 10",
    "łódź",
    "lok",
    "øl",
    "oz",
    "zebra",
    "zürich",
    "हिन्दी",
    "中",
]


@pytest.fixture
def database(real_database: Database) -> Database:
    return real_database


async def names(
    database: Database, query: ProductQuery, *, limit: int, language: str = "en"
) -> list[str]:
    """Return the names on all pages, in order."""
    listing = ProductListing(database, language)
    shown: list[str] = []
    cursor = None
    while True:
        products, cursor = await listing.page(query, limit=limit, cursor=cursor)
        shown += [product.name for product in products]
        if cursor is None:
            return shown
        assert len(cursor) <= CURSOR_LIMIT


class TestOrder:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct) -> None:
        for number, name in enumerate(NAMES, start=1):
            await add(number, name=name, categories=("kitchen",), description="thing")

    @pytest.mark.parametrize("limit", [1, 3, 100])
    @pytest.mark.parametrize(
        "filters",
        [
            {},
            {"text": "thing"},
            {"category": KITCHEN},
            {"archived": (False, True)},
            {"category": KITCHEN, "archived": (False, True), "text": "thing"},
        ],
    )
    async def test_follows_the_language_and_the_values_of_numbers(
        self, database: Database, limit: int, filters: dict[str, Any]
    ) -> None:
        ascending = ProductQuery(sort=Sort.NAME, **filters)
        descending = ProductQuery(sort=Sort.NAME_DESCENDING, **filters)
        assert await names(database, ascending, limit=limit) == ENGLISH
        assert await names(database, descending, limit=limit) == ENGLISH[::-1]

    async def test_is_by_name_by_default(self, database: Database) -> None:
        assert await names(database, ProductQuery(), limit=4) == ENGLISH

    async def test_follows_another_language_after_its_migration(self, database: Database) -> None:
        await migrations.apply(database, migrations_for("sv"))
        shown = await names(database, ProductQuery(), limit=2, language="sv")
        assert [name for name in shown if name in {"zebra", "ångström", "äpfel", "øl"}] == [
            "zebra",
            "ångström",
            "äpfel",
            "øl",
        ]

    async def test_does_not_apply_to_an_exact_name(self, database: Database) -> None:
        for name in ("item 2", "item 02"):
            assert await names(database, ProductQuery(name=name), limit=5) == [name]

    async def test_applies_to_categories(self, database: Database) -> None:
        await database["categories"].insert_many(
            [
                {"_id": ObjectId(), "name": name}
                for name in ("zoo", "äpfel", "10 things", "2 things")
            ]
        )
        shown = [category.name for category in await CategoryRepository(database).all()]
        assert shown == ["2 things", "10 things", "äpfel", "electronics", "kitchen", "zoo"]


class TestPlan:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct, database: Database, clock: FakeClock) -> None:
        for number in range(1, 91):
            await add(
                number,
                name=f"item {number}",
                price_cents=number % 30,
                quantity=number % 31,
                categories=("kitchen",) if number % 3 else ("electronics",),
            )
            clock.advance(seconds=number % 2)
        await database["products"].update_many(
            {"price_cents": {"$lt": 10}}, {"$set": {"archived": True}}
        )

    @pytest.fixture
    def plans(self, monkeypatch: pytest.MonkeyPatch) -> list[Document]:
        """The plans of the queries, in order."""
        plans: list[Document] = []
        read = AsyncCursor.to_list

        async def explain_and_read(cursor: AsyncCursor[Document]) -> list[Document]:
            plans.append((await cursor.clone().explain())["queryPlanner"]["winningPlan"])
            return await read(cursor)

        monkeypatch.setattr(AsyncCursor, "to_list", explain_and_read)
        return plans

    @pytest.mark.parametrize("sort", Sort)
    @pytest.mark.parametrize(
        "filters",
        [
            {},
            {"category": KITCHEN},
            {"archived": (False, True)},
            {"archived": (True,)},
            {"category": KITCHEN, "archived": (False, True)},
        ],
    )
    async def test_reads_every_page_in_the_order_of_an_index(
        self, database: Database, plans: list[Document], sort: Sort, filters: dict[str, Any]
    ) -> None:
        # When
        await names(database, ProductQuery(sort=sort, **filters), limit=10)
        # Then
        assert len(plans) >= 3
        for plan in plans:
            assert "IXSCAN" in stages(plan)
            assert not {"SORT", "COLLSCAN"} & stages(plan)

    async def test_finds_the_terms_of_a_search_in_an_index(
        self, database: Database, plans: list[Document]
    ) -> None:
        for sort in (None, *Sort):
            await names(database, ProductQuery(text="no item", sort=sort), limit=10)
        assert plans
        assert not any("COLLSCAN" in stages(plan) for plan in plans)


def stages(plan: Document) -> set[str]:
    """Return the names of all stages of a plan."""
    found = {plan["stage"]} if "stage" in plan else set()
    for value in plan.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                found |= stages(part)
    return found
