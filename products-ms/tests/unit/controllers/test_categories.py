"""What admins do to categories."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from bson import ObjectId

from products.models import product as model
from products.models.product import Product
from products.repositories import categories as repository
from products.services import categories as service
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]

ADMIN = caller_headers("admin@aaa.com", "admin")
SHOPPER = caller_headers("aaa@aaa.com")
ELECTRONICS = {"id": an_id(0xCA01), "name": "electronics"}
KITCHEN = {"id": an_id(0xCA02), "name": "kitchen"}
KITCHEN_PATH = f"/api/categories/{KITCHEN['id']}"
PRODUCT_PATH = f"/api/products/{an_id(1)}"


async def listed(client: httpx2.AsyncClient) -> list[dict[str, str]]:
    categories: list[dict[str, str]] = (await client.get("/api/categories")).json()["categories"]
    return categories


async def rename(client: httpx2.AsyncClient, name: str) -> httpx2.Response:
    return await client.patch(KITCHEN_PATH, json={"name": name}, headers=ADMIN)


class TestList:
    async def test_lists_ids_and_names_by_name(self, client: httpx2.AsyncClient) -> None:
        assert await listed(client) == [ELECTRONICS, KITCHEN]


class TestAdd:
    async def test_adds_a_category_in_lower_case(self, client: httpx2.AsyncClient) -> None:
        response = await client.post("/api/categories", json={"name": " Toys "}, headers=ADMIN)
        assert (response.status_code, response.json()["name"]) == (201, "toys")
        assert response.json() in await listed(client)

    @pytest.mark.parametrize("name", ["KITCHEN", "\uff4bitchen", "kit\u034fchen", "\u212aitchen"])
    async def test_refuses_another_spelling_of_a_name(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        response = await client.post("/api/categories", json={"name": name}, headers=ADMIN)
        assert (response.status_code, response.json()["type"]) == (409, "/problems/category-taken")

    @pytest.mark.parametrize("name", [".", "..", "a/b", "\u3164", "\u2800", "\u0301", ""])
    async def test_refuses_a_name_that_does_not_show(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        response = await client.post("/api/categories", json={"name": name}, headers=ADMIN)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")
        assert await listed(client) == [ELECTRONICS, KITCHEN]

    async def test_refuses_more_than_the_limit(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        for module in (model, repository, service):
            monkeypatch.setattr(module, "CATEGORY_LIMIT", 3)
        first = await client.post("/api/categories", json={"name": "toys"}, headers=ADMIN)
        # When
        second = await client.post("/api/categories", json={"name": "tools"}, headers=ADMIN)
        # Then
        assert (first.status_code, second.status_code) == (201, 409)
        assert second.json()["type"] == "/problems/category-limit"
        assert second.json()["detail"] == "There can be at most 3 categories. Delete one first."


class TestRename:
    @pytest.fixture(autouse=True)
    async def _shelf(self, add: AddProduct) -> None:
        await add(1, name="spoon", categories=("kitchen",))

    async def test_products_show_the_new_name_at_once(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions, database: Database
    ) -> None:
        # Given
        stored = await database["products"].find_one({})
        # When
        response = await rename(client, "Cooking")
        # Then
        assert (response.status_code, response.json()) == (200, {**KITCHEN, "name": "cooking"})
        shown = (await client.get(PRODUCT_PATH)).json()
        assert shown["categories"] == ["cooking"]
        assert (await client.get("/api/products?categoryName=COOKING")).json()["products"] == [
            shown
        ]
        assert (await client.get("/api/products?categoryName=kitchen")).status_code == 404
        assert await database["products"].find_one({}) == stored
        assert transactions.published == []

    async def test_changes_the_etag_of_products(self, client: httpx2.AsyncClient) -> None:
        # Given
        seen = (await client.get(PRODUCT_PATH)).headers["etag"]
        # When
        await rename(client, "cooking")
        # Then
        response = await client.get(PRODUCT_PATH, headers={"If-None-Match": seen})
        assert (seen, response.status_code, response.headers["etag"]) == ('"1.1"', 200, '"1.1.1"')
        stale = await client.patch(
            PRODUCT_PATH, json={"price": 2}, headers={**ADMIN, "If-Match": seen}
        )
        assert (stale.status_code, stale.headers["etag"]) == (412, '"1.1.1"')
        changed = await client.patch(
            PRODUCT_PATH, json={"price": 2}, headers={**ADMIN, "If-Match": '"1.1.1"'}
        )
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2.1.1"')

    async def test_a_name_that_returns_has_another_etag(self, client: httpx2.AsyncClient) -> None:
        for name in ("cooking", "kitchen"):
            await rename(client, name)
        assert (await client.get(PRODUCT_PATH)).headers["etag"] == '"1.1.2"'

    async def test_a_repeated_key_returns_the_earlier_name(
        self, client: httpx2.AsyncClient
    ) -> None:
        # Given
        headers = {**ADMIN, "Idempotency-Key": "key-1"}
        first = await client.patch(PRODUCT_PATH, json={"quantity_delta": 5}, headers=headers)
        await rename(client, "cooking")
        # When
        second = await client.patch(PRODUCT_PATH, json={"quantity_delta": 5}, headers=headers)
        # Then
        assert second.json() == first.json()
        assert second.headers["etag"] == first.headers["etag"]

    async def test_changes_the_spelling_of_a_name(self, client: httpx2.AsyncClient) -> None:
        # Given
        response = await rename(client, "straße")
        # When
        response = await rename(client, "STRASSE")
        # Then
        assert (response.status_code, response.json()["name"]) == (200, "strasse")

    async def test_renames_a_category_that_no_path_could_carry(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # Given
        old = {"_id": ObjectId(an_id(7)), "name": ".."}
        await database["categories"].insert_one(old)
        # When
        response = await client.patch(
            f"/api/categories/{an_id(7)}", json={"name": "toys"}, headers=ADMIN
        )
        # Then
        assert (response.status_code, response.json()) == (200, {"id": an_id(7), "name": "toys"})

    async def test_takes_the_name_of_a_category_that_an_older_replica_renamed(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # Given
        await database["categories"].create_index("unique_name_key", unique=True, sparse=True)
        by_name = {"name": "electronics"}
        await database["categories"].update_one(by_name, {"$set": {"name": "devices"}})
        # When
        response = await rename(client, "electronics")
        # Then
        assert response.status_code == 200
        assert (await client.get("/api/products?categoryName=devices")).status_code == 200
        found = (await client.get("/api/products?categoryName=electronics")).json()
        assert [product["name"] for product in found["products"]] == ["spoon"]


class TestDelete:
    async def test_deletes_a_category_that_no_product_has(self, client: httpx2.AsyncClient) -> None:
        response = await client.delete(f"/api/categories/{ELECTRONICS['id']}", headers=ADMIN)
        assert response.status_code == 204
        assert await listed(client) == [KITCHEN]


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "type_"),
        [
            ("PATCH", f"/{KITCHEN['id']}", {"name": "Electronics"}, 409, "category-taken"),
            ("PATCH", f"/{an_id(77)}", {"name": "games"}, 404, "category-not-found"),
            ("PATCH", "/kitchen", {"name": "games"}, 422, "validation"),
            ("PATCH", f"/{KITCHEN['id']}", {"name": ".."}, 422, "validation"),
            ("DELETE", f"/{KITCHEN['id']}", None, 409, "category-in-use"),
            ("DELETE", f"/{an_id(77)}", None, 404, "category-not-found"),
            ("DELETE", "/kitchen", None, 422, "validation"),
        ],
    )
    async def test_changes_nothing(
        self,
        client: httpx2.AsyncClient,
        add: AddProduct,
        method: str,
        path: str,
        body: Any,
        status: int,
        type_: str,
    ) -> None:
        # Given
        await add(1, categories=("kitchen",))
        # When
        response = await client.request(method, f"/api/categories{path}", json=body, headers=ADMIN)
        refused = await client.request(method, f"/api/categories{path}", json=body, headers=SHOPPER)
        # Then
        assert (response.status_code, response.json()["type"]) == (status, f"/problems/{type_}")
        assert refused.status_code in {403, 422}
        assert await listed(client) == [ELECTRONICS, KITCHEN]
