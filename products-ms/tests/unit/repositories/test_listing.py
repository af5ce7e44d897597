from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

import pytest

from products.dependencies import Services
from products.errors import CategoriesNotFoundError, ProductNotFoundError
from products.models.product import Category, Product
from products.models.query import ProductPage, ProductQuery, Sort
from products.repositories import listing as module
from products.repositories.listing import ProductListing
from shopkit.storage.keyset import InvalidCursorError, encode_cursor
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def listing(database: Database) -> ProductListing:
    return ProductListing(database)


def numbers(products: Sequence[Product]) -> list[int]:
    return [int(product.id, 16) for product in products]


async def found(listing: ProductListing, **filters: Any) -> list[int]:
    products, cursor = await listing.page(ProductQuery(**filters), limit=100, cursor=None)
    assert cursor is None
    return numbers(products)


async def pages(listing: ProductListing, limit: int, query: ProductQuery) -> list[list[int]]:
    shown, cursor = [], None
    while True:
        products, cursor = await listing.page(query, limit=limit, cursor=cursor)
        shown.append(numbers(products))
        if cursor is None:
            return shown


class TestFilters:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct, database: Database) -> None:
        await add(1, name="spoon", price_cents=100, quantity=0, categories=("kitchen",))
        await add(2, name="fork", price_cents=200, quantity=5, categories=("kitchen",))
        await add(3, name="lamp", price_cents=300, quantity=9, categories=("electronics",))
        await add(4, name="old lamp", price_cents=400, categories=("electronics",))
        await database["products"].update_one({"name": "old lamp"}, {"$set": {"archived": True}})

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, [2, 3, 1]),
            ({"archived": (False, True)}, [2, 3, 4, 1]),
            ({"archived": (True,)}, [4]),
            ({"name": "lamp"}, [3]),
            ({"name": "la.p"}, []),
            ({"name": "old lamp"}, []),
            ({"category": Category(an_id(0xCA02), "kitchen")}, [2, 1]),
            ({"ids": (an_id(4), an_id(1), an_id(77))}, [4, 1]),
            ({"ids": ()}, []),
            ({"min_price_cents": 200}, [2, 3]),
            ({"max_price_cents": 200}, [2, 1]),
            ({"min_price_cents": 200, "max_price_cents": 299}, [2]),
            ({"min_price_cents": 0}, [2, 3, 1]),
            ({"max_stock": 0}, [1]),
            ({"max_stock": 5}, [2, 1]),
            ({"in_stock": True}, [2, 3]),
            ({"in_stock": True, "max_stock": 5}, [2]),
            ({"text": "lamp", "in_stock": True, "min_price_cents": 300}, [3]),
            ({"text": "lamp", "archived": (False, True)}, [3, 4]),
            ({"text": "lamp", "max_price_cents": 299}, []),
        ],
    )
    async def test_returns_products_that_match_all_filters(
        self, listing: ProductListing, filters: dict[str, Any], expected: list[int]
    ) -> None:
        assert await found(listing, **filters) == expected
        assert await listing.count(ProductQuery(**filters)) == len(expected)


class TestSearch:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct) -> None:
        await add(1, name="café table", description="Round, of oak.")
        await add(2, name="tea pot", categories=("kitchen",))
        await add(3, name="STRASSE".lower(), description="a tablecloth for the café")
        await add(4, name="x (special) [a-z]*")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("cafe", [1, 3]),
            ("CAFÉ", [1, 3]),
            ("tab", [1]),
            ("table caf", [1]),
            ("tablecloth", [3]),
            ("tableclot", []),
            ("oak", [1]),
            ("kitch", [2]),
            ("pot kitchen", [2]),
            ("pot electronics", []),
            ("straße", [3]),
            (".*", []),
            ("!", []),
            (" ", []),
            ("[a-z]*", [4]),
            ("$where", []),
            ("spec", [4]),
        ],
    )
    async def test_matches_prefixes_in_names_and_whole_words_in_descriptions(
        self, listing: ProductListing, text: str, expected: list[int]
    ) -> None:
        assert await found(listing, text=text) == expected

    async def test_an_empty_search_matches_everything(self, listing: ProductListing) -> None:
        assert len(await found(listing, text="")) == 4


ORDERS = [
    (None, [2, 1, 4, 3]),
    (Sort.NAME, [2, 1, 4, 3]),
    (Sort.NAME_DESCENDING, [3, 4, 1, 2]),
    (Sort.PRICE, [2, 3, 4, 1]),
    (Sort.PRICE_DESCENDING, [1, 4, 3, 2]),
    (Sort.STOCK, [4, 1, 3, 2]),
    (Sort.STOCK_DESCENDING, [2, 3, 1, 4]),
    (Sort.NEWEST, [4, 3, 2, 1]),
]


class TestOrder:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct, clock: FakeClock) -> None:
        for number, name, price, stock in (
            (1, "b", 300, 5),
            (2, "a", 100, 7),
            (3, "d", 100, 5),
            (4, "c", 200, 0),
        ):
            await add(number, name=name, price_cents=price, quantity=stock)
            clock.advance(seconds=0 if number == 3 else 1)

    @pytest.mark.parametrize(("sort", "expected"), ORDERS)
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize("archived", [(False,), (False, True)])
    async def test_pages_are_sorted_with_a_stable_order_of_equal_products(
        self,
        listing: ProductListing,
        sort: Sort | None,
        expected: list[int],
        limit: int,
        archived: tuple[bool, ...],
    ) -> None:
        # When
        query = ProductQuery(sort=sort, archived=archived)
        shown = await pages(listing, limit, query)
        # Then
        assert list(chain(*shown)) == expected
        assert all(len(page) == limit for page in shown[:-1])
        assert shown[-1] != []

    @pytest.mark.parametrize(("sort", "expected"), ORDERS)
    async def test_pages_neither_skip_nor_repeat_while_products_are_added(
        self,
        listing: ProductListing,
        add: AddProduct,
        sort: Sort | None,
        expected: list[int],
    ) -> None:
        # Given
        query = ProductQuery(sort=sort)
        products, cursor = await listing.page(query, limit=2, cursor=None)
        # When
        for number, name in ((5, "aa"), (6, "zz"), (7, "bb")):
            await add(number, name=name, price_cents=150, quantity=5)
        shown = numbers(products)
        while cursor:
            products, cursor = await listing.page(query, limit=2, cursor=cursor)
            shown += numbers(products)
        # Then
        assert [number for number in shown if number <= 4] == expected
        assert len(shown) == len(set(shown))


class TestNameFirst:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct) -> None:
        await add(1, name="a stand", description="for a lamp")
        await add(2, name="lamp z")
        await add(3, name="b shade", description="lamp shade")
        await add(4, name="lamp a")
        await add(5, name="c bulb", description="lamp bulb")
        await add(6, name="nothing of it")

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
    async def test_matches_by_name_come_first_across_pages(
        self, listing: ProductListing, limit: int
    ) -> None:
        # When
        shown = await pages(listing, limit, ProductQuery(text="lamp"))
        # Then
        assert list(chain(*shown)) == [4, 2, 1, 3, 5]
        assert all(len(page) == limit for page in shown[:-1])
        assert shown[-1] != []

    @pytest.mark.parametrize("limit", [1, 2, 3])
    async def test_pages_neither_skip_nor_repeat_while_matches_are_added(
        self, listing: ProductListing, add: AddProduct, limit: int
    ) -> None:
        # Given
        query = ProductQuery(text="lamp")
        products, cursor = await listing.page(query, limit=limit, cursor=None)
        shown = numbers(products)
        # When
        await add(7, name="lamp 0")
        await add(8, name="0 first", description="lamp")
        while cursor:
            products, cursor = await listing.page(query, limit=limit, cursor=cursor)
            shown += numbers(products)
        # Then
        assert [number for number in shown if number <= 5] == [4, 2, 1, 3, 5]
        assert len(shown) == len(set(shown))

    async def test_a_requested_order_takes_precedence(self, listing: ProductListing) -> None:
        assert await found(listing, text="lamp", sort=Sort.NAME) == [1, 3, 5, 4, 2]


class TestCursor:
    @pytest.mark.parametrize(
        "cursor",
        [
            "no",
            encode_cursor("name", "0", "a"),
            encode_cursor("price", "0", "100", an_id(1)),
            encode_cursor("name", "2", "a", an_id(1)),
            encode_cursor("name", "", "a", an_id(1)),
            encode_cursor("name", "0", "a", "x"),
        ],
    )
    async def test_refuses_a_cursor_of_another_list(
        self, listing: ProductListing, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursorError):
            await listing.page(ProductQuery(), limit=2, cursor=cursor)

    @pytest.mark.parametrize(
        ("sort", "key"),
        [(Sort.PRICE, "x"), (Sort.PRICE, "-1"), (Sort.STOCK, "1.5"), (Sort.NEWEST, "noon")],
    )
    async def test_refuses_a_cursor_with_an_invalid_key(
        self, listing: ProductListing, sort: Sort, key: str
    ) -> None:
        with pytest.raises(InvalidCursorError):
            await listing.page(
                ProductQuery(sort=sort), limit=2, cursor=encode_cursor(sort, "0", key, an_id(1))
            )


class TestPage:
    async def page(self, services: Services, limit: int = 100, **filters: Any) -> ProductPage:
        category = filters.pop("category_name", None)
        query = ProductQuery(**filters)
        return await services.catalogue.page(query, category, limit=limit, cursor=None)

    async def test_counts_matches_not_the_page(self, services: Services, add: AddProduct) -> None:
        for number in (1, 2, 3):
            await add(number)
        page = await self.page(services, limit=2)
        assert (len(page.products), page.total, page.total_capped) == (2, 3, False)

    async def test_counts_up_to_the_limit(
        self, services: Services, add: AddProduct, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(module, "TOTAL_LIMIT", 2)
        monkeypatch.setattr("products.services.catalogue.TOTAL_LIMIT", 2)
        for number in (1, 2, 3):
            await add(number)
        # When
        page = await self.page(services, limit=1)
        # Then
        assert (page.total, page.total_capped) == (2, True)

    async def test_filters_by_the_name_of_a_category(
        self, services: Services, add: AddProduct
    ) -> None:
        await add(1, categories=("kitchen",))
        await add(2)
        page = await self.page(services, category_name="kitchen")
        assert (numbers(page.products), page.total) == ([1], 1)

    async def test_does_not_find_an_unknown_name_or_category(
        self, services: Services, add: AddProduct
    ) -> None:
        await add(1)
        with pytest.raises(ProductNotFoundError, match="There is no product spoon"):
            await self.page(services, name="spoon")
        with pytest.raises(CategoriesNotFoundError, match="These categories do not exist: toys"):
            await self.page(services, category_name="toys")
