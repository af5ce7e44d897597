"""What an admin changes; what two of them do at once is tested on real servers."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from products.models.product import Product
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]

ADMIN = caller_headers("admin@aaa.com", "admin")
SEEN = {**ADMIN, "If-Match": '"1.1"'}
PATH = f"/api/products/{an_id(1)}"


@pytest.fixture(autouse=True)
async def _shelf(add: AddProduct) -> None:
    await add(1, name="spoon", categories=("kitchen",))


class TestChange:
    async def test_changes_details_and_publishes_an_event(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # When
        body = {"name": " Fork ", "price": 2.5, "categories": ["electronics"], "description": "x"}
        response = await client.patch(PATH, json=body, headers=SEEN)
        # Then
        assert response.status_code == 200
        assert response.headers["etag"] == '"2.1"'
        shown = response.json()
        assert (shown["name"], shown["price"], shown["description"]) == ("fork", 2.5, "x")
        assert shown["categories"] == ["electronics"]
        assert transactions.published_ids == [f"ProductUpdate/{an_id(1)}/3"]

    async def test_changes_the_stock_without_if_match(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        response = await client.patch(PATH, json={"quantity_delta": -3}, headers=ADMIN)
        assert (response.status_code, response.json()["quantity"]) == (200, 7)
        assert response.headers["etag"] == '"1.2"'
        assert transactions.published_ids == [f"ProductsQuantityUpdate/{an_id(1)}/3"]

    @pytest.mark.parametrize(
        ("body", "headers", "status", "type_"),
        [
            ({"name": "fork"}, ADMIN, 428, "precondition-required"),
            ({"name": "fork"}, {**ADMIN, "If-Match": "*"}, 428, "precondition-required"),
            ({"name": "fork"}, {**ADMIN, "If-Match": '"9.1"'}, 412, "stale"),
            ({"categories": ["toys"]}, SEEN, 404, "category-not-found"),
            ({"quantity_delta": -11}, ADMIN, 409, "insufficient-stock"),
            ({"quantity_delta": 999_991}, ADMIN, 409, "stock-limit"),
            ({"quantity_delta": 1_000_001}, ADMIN, 422, "validation"),
            ({"quantity_delta": 1.5}, ADMIN, 422, "validation"),
            ({"price": -1}, SEEN, 422, "validation"),
            ({"price": 1.999}, SEEN, 422, "validation"),
            ({"name": "a/b"}, SEEN, 422, "validation"),
            ({"name": "fork"}, caller_headers("aaa@aaa.com"), 403, "forbidden"),
            ({"name": "fork"}, {}, 401, "unauthenticated"),
        ],
    )
    async def test_refuses_and_changes_nothing(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        transactions: FakeTransactions,
        body: dict[str, Any],
        headers: dict[str, str],
        status: int,
        type_: str,
    ) -> None:
        # Given
        before = await database["products"].find_one({})
        # When
        response = await client.patch(PATH, json=body, headers=headers)
        # Then
        assert (response.status_code, response.json()["type"]) == (status, f"/problems/{type_}")
        assert await database["products"].find_one({}) == before
        assert transactions.published == []

    async def test_refuses_a_name_that_is_taken(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        await add(2, name="fork")
        response = await client.patch(PATH, json={"name": "FORK"}, headers=SEEN)
        assert (response.status_code, response.json()["type"]) == (409, "/problems/name-taken")

    async def test_sales_do_not_disturb_an_edit(self, client: httpx2.AsyncClient) -> None:
        await client.patch(PATH, json={"quantity_delta": -3}, headers=ADMIN)
        response = await client.patch(PATH, json={"description": "new"}, headers=SEEN)
        assert (response.status_code, response.headers["etag"]) == (200, '"2.2"')

    async def test_a_key_repeats_the_response_and_changes_the_stock_once(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # Given
        headers = {**ADMIN, "Idempotency-Key": "key-1"}
        first = await client.patch(PATH, json={"quantity_delta": 5}, headers=headers)
        # When
        second = await client.patch(PATH, json={"quantity_delta": 5}, headers=headers)
        other = await client.patch(PATH, json={"quantity_delta": 6}, headers=headers)
        # Then
        assert second.json() == first.json()
        assert second.headers["idempotency-replayed"] == "true"
        assert other.status_code == 422
        assert other.json()["type"] == "/problems/idempotency-key-reused"
        assert len(transactions.published) == 1


class TestArchive:
    async def test_archives_a_product_that_can_be_restored(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # When
        archived = await client.delete(PATH, headers=SEEN)
        listed = (await client.get("/api/products")).json()["products"]
        tag = (await client.get(PATH)).headers["etag"]
        restored = await client.patch(
            PATH, json={"archived": False}, headers={**ADMIN, "If-Match": tag}
        )
        # Then
        assert (archived.status_code, listed, tag) == (204, [], '"2.1"')
        assert restored.json()["archived"] is False
        assert transactions.published_ids == [
            f"ProductUpdate/{an_id(1)}/{version}" for version in (3, 4)
        ]

    @pytest.mark.parametrize(
        ("headers", "status"),
        [(ADMIN, 428), ({**ADMIN, "If-Match": '"2.1"'}, 412), (caller_headers("aaa@aaa.com"), 403)],
    )
    async def test_refuses_and_changes_nothing(
        self, client: httpx2.AsyncClient, headers: dict[str, str], status: int
    ) -> None:
        assert (await client.delete(PATH, headers=headers)).status_code == status
        assert (await client.get(PATH)).json()["archived"] is False

    async def test_does_not_find_an_unknown_product(self, client: httpx2.AsyncClient) -> None:
        response = await client.delete(f"/api/products/{an_id(77)}", headers=SEEN)
        assert response.status_code == 404
