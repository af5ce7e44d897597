import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from pymongo.errors import AutoReconnect

from products.dependencies import Services
from products.models.product import Product
from products.repositories.listing import ProductListing
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.hostile import hostile_urls
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]
Count = Callable[[], Awaitable[int]]

ADMIN = caller_headers("admin@aaa.com", "admin")
SPOON = {
    "name": "spoon",
    "description": "of silver",
    "price": 5.99,
    "quantity": 7,
    "categories": ["kitchen"],
}


@pytest.fixture
def stored(database: Database, transactions: FakeTransactions) -> Count:
    """How many products, events and notes of the trail there are."""

    async def stored() -> int:
        names = ("products", "outbox", "audit")
        return sum([await database[name].count_documents({}) for name in names]) + len(
            transactions.published
        )

    return stored


async def create(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    """Send what a strict JSON writer would not too: NaN, infinity, half a character."""
    content = json.dumps({"product": SPOON | changes}).encode()
    headers = {**ADMIN, "Content-Type": "application/json"}
    return await client.post("/api/products", content=content, headers=headers)


def errors_of(response: httpx2.Response) -> list[tuple[str, str]]:
    return [(error["field"], error["message"]) for error in response.json()["errors"]]


class TestCreate:
    async def test_responds_with_the_product_and_publishes_an_event(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # When
        response = await create(client)
        # Then
        assert response.status_code == 201
        assert response.headers["etag"] == '"1.1"'
        body = response.json()
        product_id = body.pop("id")
        assert body == {
            "name": "spoon",
            "description": "of silver",
            "price": 5.99,
            "quantity": 7,
            "categories": ["kitchen"],
            "image_url": None,
            "archived": False,
            "version": 2,
            "created_at": "2026-05-04T12:00:00Z",
            "updated_at": "2026-05-04T12:00:00Z",
        }
        assert transactions.published_ids == [f"ProductCreate/{product_id}/2"]
        assert (await client.get(f"/api/products/{product_id}")).json()["name"] == "spoon"

    @pytest.mark.parametrize(
        ("name", "stored_name"),
        [
            ("  Spoon\t", "spoon"),
            ("CAFÉ", "café"),
            ("cafe\u0301", "café"),
            ("日本 スプーン", "日本 スプーン"),
            ("a.*[b]$ {c}", "a.*[b]$ {c}"),
            ("x" * 120, "x" * 120),
        ],
    )
    async def test_trims_names_and_converts_them_to_lower_case(
        self, client: httpx2.AsyncClient, name: str, stored_name: str
    ) -> None:
        response = await create(client, name=name)
        assert (response.status_code, response.json()["name"]) == (201, stored_name)

    @pytest.mark.parametrize(
        ("changes", "price", "quantity"),
        [
            ({"price": 0, "quantity": 0}, 0.0, 0),
            ({"price": 1_000_000, "quantity": 1_000_000}, 1_000_000.0, 1_000_000),
            ({"price": 0.01}, 0.01, 7),
            ({"description": "x" * 2_000, "extra": "of the original's client"}, 5.99, 7),
            ({"categories": []}, 5.99, 7),
        ],
    )
    async def test_accepts_values_at_the_limits(
        self, client: httpx2.AsyncClient, changes: dict[str, Any], price: float, quantity: int
    ) -> None:
        response = await create(client, **changes)
        assert response.status_code == 201
        assert (response.json()["price"], response.json()["quantity"]) == (price, quantity)

    async def test_ignores_repeated_categories(self, client: httpx2.AsyncClient) -> None:
        response = await create(client, categories=["Kitchen", "kitchen ", "electronics"])
        assert response.json()["categories"] == ["kitchen", "electronics"]

    @pytest.mark.parametrize("archived", [False, True])
    async def test_refuses_a_name_that_is_taken(
        self, client: httpx2.AsyncClient, database: Database, stored: Count, archived: bool
    ) -> None:
        # Given
        await create(client)
        await database["products"].update_one({}, {"$set": {"archived": archived}})
        before = await stored()
        # When
        response = await create(client, name="SPOON")
        # Then
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/name-taken"
        assert errors_of(response) == [("product.name", "There is already a product named spoon.")]
        assert await stored() == before

    async def test_does_not_find_an_unknown_category(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        # When
        response = await create(client, categories=["kitchen", "toys", "$ne"])
        # Then
        assert response.status_code == 404
        assert response.json()["type"] == "/problems/category-not-found"
        assert response.json()["detail"] == "These categories do not exist: toys, $ne."
        assert await stored() == 0

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": "a/b"}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"name": "a\u200bb"}, "name"),
            ({"name": "a\x00"}, "name"),
            ({"name": "\ud800"}, "name"),
            ({"name": None}, "name"),
            ({"name": 7}, "name"),
            ({"name": {"$gt": ""}}, "name"),
            ({"description": "x" * 2_001}, "description"),
            ({"description": "\udfff"}, "description"),
            ({"description": None}, "description"),
            ({"price": -0.01}, "price"),
            ({"price": 5.999}, "price"),
            ({"price": 1_000_000.01}, "price"),
            ({"price": float("nan")}, "price"),
            ({"price": float("inf")}, "price"),
            ({"price": True}, "price"),
            ({"price": None}, "price"),
            ({"price": "five"}, "price"),
            ({"quantity": -1}, "quantity"),
            ({"quantity": 1_000_001}, "quantity"),
            ({"quantity": 1.5}, "quantity"),
            ({"quantity": float("nan")}, "quantity"),
            ({"quantity": False}, "quantity"),
            ({"quantity": None}, "quantity"),
            ({"categories": None}, "categories"),
            ({"categories": "kitchen"}, "categories"),
            ({"categories": ["kitchen"] * 21}, "categories"),
            ({"categories": ["a/b"]}, "categories.0"),
            ({"categories": [7]}, "categories.0"),
        ],
    )
    async def test_names_the_invalid_field_and_stores_nothing(
        self, client: httpx2.AsyncClient, stored: Count, changes: dict[str, Any], field: str
    ) -> None:
        # When
        response = await create(client, **changes)
        # Then
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/validation"
        assert [name for name, _ in errors_of(response)] == [f"product.{field}"]
        assert await stored() == 0

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"null", b"[]", b"{}", b"\xff", b'{"product":1}']
    )
    async def test_refuses_an_invalid_body(
        self, client: httpx2.AsyncClient, stored: Count, content: bytes
    ) -> None:
        response = await client.post(
            "/api/products", content=content, headers={**ADMIN, "Content-Type": "application/json"}
        )
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"
        assert await stored() == 0

    @pytest.mark.parametrize(
        ("headers", "status"),
        [({}, 401), (caller_headers("", "admin"), 401), (caller_headers("aaa@aaa.com"), 403)],
    )
    async def test_refuses_callers_who_are_not_admins(
        self, client: httpx2.AsyncClient, stored: Count, headers: dict[str, str], status: int
    ) -> None:
        response = await client.post("/api/products", json={"product": SPOON}, headers=headers)
        assert response.status_code == status
        assert await stored() == 0


class TestGet:
    async def test_returns_a_product_with_its_etag_archived_or_not(
        self, client: httpx2.AsyncClient, add: AddProduct, database: Database
    ) -> None:
        # Given
        await add(1, price_cents=1_999)
        await database["products"].update_one({}, {"$set": {"archived": True}})
        # When
        response = await client.get(f"/api/products/{an_id(1)}")
        # Then
        assert response.status_code == 200
        assert response.headers["etag"] == '"1.1"'
        assert (response.json()["price"], response.json()["archived"]) == (19.99, True)

    @pytest.mark.parametrize("seen", ['"1.1"', 'W/"1.1"', '"0.9", "1.1"'])
    async def test_does_not_send_a_current_copy_again(
        self, client: httpx2.AsyncClient, add: AddProduct, seen: str
    ) -> None:
        await add(1)
        response = await client.get(f"/api/products/{an_id(1)}", headers={"If-None-Match": seen})
        assert (response.status_code, response.content, response.headers["etag"]) == (
            304,
            b"",
            '"1.1"',
        )

    async def test_sends_the_product_if_the_copy_is_stale(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        await add(1)
        response = await client.get(f"/api/products/{an_id(1)}", headers={"If-None-Match": '"1.2"'})
        assert response.status_code == 200

    async def test_does_not_find_an_unknown_id(self, client: httpx2.AsyncClient) -> None:
        response = await client.get(f"/api/products/{an_id(77)}")
        assert response.status_code == 404
        assert response.json()["detail"] == f"There is no product {an_id(77)}."

    @pytest.mark.parametrize("bad", ["x", "A" * 24, "0" * 25])
    async def test_refuses_an_invalid_id(self, client: httpx2.AsyncClient, bad: str) -> None:
        assert (await client.get(f"/api/products/{bad}")).status_code == 422


class TestList:
    async def test_lists_the_first_100_products_by_default(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        # Given
        for number in range(1, 102):
            await add(number, name=f"product {number:03}")
        # When
        body = (await client.get("/api/products")).json()
        rest = (await client.get("/api/products", params={"cursor": body["next_cursor"]})).json()
        # Then
        assert (len(body["products"]), body["total"], body["total_capped"]) == (100, 101, False)
        assert [product["name"] for product in rest["products"]] == ["product 101"]
        assert rest["next_cursor"] is None

    async def test_all_filters_combine(self, client: httpx2.AsyncClient, add: AddProduct) -> None:
        # Given
        await add(1, name="lamp", price_cents=1_050, categories=("electronics",), quantity=3)
        await add(2, name="lamp two", price_cents=1_050, categories=("electronics",), quantity=0)
        await add(3, name="lamp three", price_cents=1_051, categories=("electronics",), quantity=3)
        # When
        response = await client.get(
            "/api/products",
            params={
                "q": "LAMP",
                "categoryName": " Electronics ",
                "ids": f"{an_id(1)},{an_id(2)},{an_id(3)}",
                "min_price": "10.5",
                "max_price": "10.50",
                "max_stock": "3",
                "in_stock": "true",
                "sort": "-price",
                "limit": "1",
            },
        )
        # Then
        assert [product["id"] for product in response.json()["products"]] == [an_id(1)]

    async def test_finds_by_exact_name_in_any_case(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        await add(1, name="spoon")
        await add(2, name="spoon two")
        body = (await client.get("/api/products?name=SPOON")).json()
        assert [product["name"] for product in body["products"]] == ["spoon"]

    @pytest.mark.parametrize(
        ("query", "type_"),
        [("name=none", "not-found"), ("categoryName=none", "category-not-found")],
    )
    async def test_does_not_find_an_unknown_name(
        self, client: httpx2.AsyncClient, query: str, type_: str
    ) -> None:
        response = await client.get(f"/api/products?{query}")
        assert (response.status_code, response.json()["type"]) == (404, f"/problems/{type_}")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("cursor=x", "cursor"),
            ("sort=size", "sort"),
            ("min_price=-1", "min_price"),
            ("min_price=nan", "min_price"),
            ("max_price=1.999", "max_price"),
            ("max_price=inf", "max_price"),
            ("max_stock=-1", "max_stock"),
            ("in_stock=perhaps", "in_stock"),
            (f"q={'x' * 101}", "q"),
            ("ids=", "ids"),
            ("ids=x", "ids"),
            (f"ids={','.join(['0' * 24] * 101)}", "ids"),
            ("name=", "name"),
            ("name=a%2Fb", "name"),
            ("categoryName=%00", "categoryName"),
        ],
    )
    async def test_names_the_invalid_parameter(
        self, client: httpx2.AsyncClient, query: str, field: str
    ) -> None:
        response = await client.get(f"/api/products?{query}")
        assert response.status_code == 422
        assert [name for name, _ in errors_of(response)] == [field]

    async def test_lists_archived_products_for_admins_only(
        self, client: httpx2.AsyncClient, add: AddProduct, database: Database
    ) -> None:
        # Given
        await add(1)
        await database["products"].update_one({}, {"$set": {"archived": True}})
        # When
        everyone = await client.get("/api/products")
        admin = await client.get("/api/admin/products", headers=ADMIN)
        user = await client.get("/api/admin/products", headers=caller_headers("aaa@aaa.com"))
        # Then
        assert everyone.json()["products"] == []
        assert [product["archived"] for product in admin.json()["products"]] == [True]
        assert user.status_code == 403

    async def test_responds_with_unavailable_while_the_database_is_down(
        self, client: httpx2.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        async def fail(*_: Any, **__: Any) -> None:
            raise AutoReconnect("internal-host:27017 closed")

        monkeypatch.setattr(ProductListing, "page", fail)
        # When
        response = await client.get("/api/products")
        # Then
        assert response.status_code == 503
        assert "internal-host" not in response.text


class TestParameters:
    async def test_of_any_text_get_an_answer(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        await add(1)
        document = (await client.get("/openapi.json")).json()
        # The dead letters need running consumers. shopkit tests them.
        for url in hostile_urls(document, without="dead-letters"):
            assert (await client.get(url, headers=ADMIN)).status_code < 500, url

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("max_price=2000000", 422),
            ("max_price=1_0", 422),
            ("min_price=%D9%A5", 422),
            ("max_stock=%205", 422),
            ("max_stock=5.0", 422),
            ("limit=%2B5", 422),
            ("limit=5&max_stock=5&min_price=0.5&max_price=7", 200),
        ],
    )
    async def test_with_numbers_are_in_ascii_digits(
        self, client: httpx2.AsyncClient, query: str, status: int
    ) -> None:
        assert (await client.get(f"/api/products?{query}")).status_code == status


class TestNumbers:
    @pytest.mark.parametrize("number", ["1_0", "٥", "５", " 5 ", "+5", "1e3", "0x10", True])  # noqa: RUF001
    async def test_must_be_in_ascii_digits(
        self, client: httpx2.AsyncClient, stored: Count, number: Any
    ) -> None:
        for field in ("price", "quantity"):
            response = await create(client, **{field: number})
            assert response.status_code == 422
            assert [error[0] for error in errors_of(response)] == [f"product.{field}"]
        assert await stored() == 0

    async def test_can_be_text(self, client: httpx2.AsyncClient) -> None:
        response = await create(client, price="5.99", quantity="7")
        assert (response.status_code, response.json()["price"]) == (201, 5.99)
