from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from products.models.product import Product
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]

VISITOR = caller_headers("", "visitor")
SHOPPER = caller_headers("aaa@aaa.com", "user")
ADMIN = caller_headers("admin@aaa.com", "admin")
SHARED = "public, s-maxage=1, stale-while-revalidate=1"
ONE = f"/api/products/{an_id(1)}"
LIST = "/api/products?limit=20"
PAGES = (LIST, ONE, "/api/categories")


@pytest.fixture(autouse=True)
async def products(add: AddProduct) -> None:
    await add(1)
    await add(2)


async def change_behind_its_back(database: Database) -> None:
    """Change what each page shows, without a new generation."""
    await database["products"].update_many({}, {"$set": {"quantity": 3}})
    await database["categories"].update_many({}, {"$set": {"name": "renamed"}})


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class TestHeaders:
    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("headers", [VISITOR, {}])
    async def test_let_the_proxy_keep_the_pages_of_visitors(
        self, client: httpx2.AsyncClient, path: str, headers: dict[str, str]
    ) -> None:
        response = await client.get(path, headers=headers)

        assert response.status_code == 200
        assert response.headers["cache-control"] == SHARED
        assert response.headers["vary"] == "Authorization"
        assert "x-accel-expires" not in response.headers

    @pytest.mark.parametrize("path", PAGES)
    async def test_end_the_life_of_a_page_with_the_second_of_its_request(
        self, client: httpx2.AsyncClient, path: str
    ) -> None:
        response = await client.get(path, headers=VISITOR | {"X-Edge-Second": "1795856142"})

        assert response.headers["x-accel-expires"] == "@1795856142"

    @pytest.mark.parametrize("second", ["", "1.5", "-1", "x", "1" * 13, "\u0661"])
    async def test_ignore_what_is_not_a_second(
        self, client: httpx2.AsyncClient, second: str
    ) -> None:
        response = await client.get(
            LIST, headers=[*encoded(VISITOR), (b"X-Edge-Second", second.encode())]
        )

        assert response.headers["cache-control"] == SHARED
        assert "x-accel-expires" not in response.headers

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("caller", [SHOPPER, ADMIN])
    async def test_keep_the_pages_of_signed_in_callers_private(
        self, client: httpx2.AsyncClient, path: str, caller: dict[str, str]
    ) -> None:
        response = await client.get(path, headers=caller | {"X-Edge-Second": "1795856142"})

        assert response.headers["cache-control"] == "private, no-cache"
        assert response.headers["vary"] == "Authorization"
        assert "x-accel-expires" not in response.headers

    @pytest.mark.parametrize("caller", [VISITOR, SHOPPER, ADMIN])
    async def test_forbid_to_store_the_products_of_a_cart(
        self, client: httpx2.AsyncClient, caller: dict[str, str]
    ) -> None:
        response = await client.get(
            f"/api/products?ids={an_id(1)}", headers=caller | {"X-Edge-Second": "1795856142"}
        )

        assert response.headers["cache-control"] == "no-store"
        assert {"etag", "x-accel-expires"}.isdisjoint(response.headers)
        assert [product["id"] for product in response.json()["products"]] == [an_id(1)]

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            (f"/api/products/{an_id(9)}", 404),
            ("/api/products?categoryName=none", 404),
            ("/api/products?limit=0", 422),
            ("/api/products/1", 422),
        ],
    )
    async def test_let_nobody_store_errors(
        self, client: httpx2.AsyncClient, path: str, status: int
    ) -> None:
        response = await client.get(path, headers=VISITOR | {"X-Edge-Second": "1795856142"})

        assert response.status_code == status
        assert {"cache-control", "x-accel-expires"}.isdisjoint(response.headers)


class TestTags:
    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("caller", [VISITOR, SHOPPER, ADMIN])
    async def test_save_sending_a_page_again(
        self, client: httpx2.AsyncClient, path: str, caller: dict[str, str]
    ) -> None:
        # Given
        first = await client.get(path, headers=caller)

        # When
        headers = caller | {"If-None-Match": first.headers["etag"], "X-Edge-Second": "1"}
        second = await client.get(path, headers=headers)

        # Then
        assert (second.status_code, second.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert second.headers[name] == first.headers[name]
        assert second.headers.get("x-accel-expires") == ("@1" if caller is VISITOR else None)

    @pytest.mark.parametrize("path", [LIST, "/api/categories"])
    async def test_change_with_the_page(
        self, client: httpx2.AsyncClient, database: Database, path: str
    ) -> None:
        # Given
        first = await client.get(path, headers=ADMIN)

        # When
        await change_behind_its_back(database)
        second = await client.get(path, headers=ADMIN | {"If-None-Match": first.headers["etag"]})

        # Then
        assert second.status_code == 200
        assert second.headers["etag"] != first.headers["etag"]


class TestReadyBytes:
    @pytest.mark.parametrize("path", PAGES)
    async def test_answer_visitors_and_shoppers_until_the_catalogue_changes(
        self, client: httpx2.AsyncClient, database: Database, changes: Any, path: str
    ) -> None:
        # Given
        changes.known = 1
        first = await client.get(path, headers=VISITOR)
        await change_behind_its_back(database)

        # When
        known = [await client.get(path, headers=caller) for caller in (VISITOR, SHOPPER)]
        changes.known = 2
        changed = await client.get(path, headers=VISITOR)

        # Then
        assert [response.content for response in known] == [first.content] * 2
        assert changed.content != first.content

    @pytest.mark.parametrize("path", PAGES)
    async def test_never_answer_admins(
        self, client: httpx2.AsyncClient, database: Database, changes: Any, path: str
    ) -> None:
        # Given
        changes.known = 1
        first = await client.get(path, headers=ADMIN)
        await client.get(path, headers=SHOPPER)

        # When
        await change_behind_its_back(database)

        # Then
        assert (await client.get(path, headers=ADMIN)).content != first.content

    @pytest.mark.parametrize("caller", [VISITOR, SHOPPER])
    async def test_never_show_the_stock_of_a_cart(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        changes: Any,
        caller: dict[str, str],
    ) -> None:
        # Given
        changes.known = 1
        path = f"/api/products?ids={an_id(1)}"
        await client.get(path, headers=caller)

        # When
        await change_behind_its_back(database)

        # Then
        [product] = (await client.get(path, headers=caller)).json()["products"]
        assert product["quantity"] == 3
        assert changes.checks == 0
