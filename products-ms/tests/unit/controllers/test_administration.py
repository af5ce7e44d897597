"""Lists and changes of several products, which only admins can request."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from pymongo.errors import AutoReconnect

from products.dependencies import Services
from products.models.product import Product
from products.repositories.products import ProductRepository
from shopkit.storage.audit import AuditFilter
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]

ADMIN = caller_headers("admin@aaa.com", "admin")
PATH = "/api/admin/products"
CHANGES = "/api/admin/products/changes"
SPOON, FORK, CUP = (an_id(number) for number in (1, 2, 3))


@pytest.fixture(autouse=True)
async def _shelf(add: AddProduct) -> None:
    for number, name in enumerate(("spoon", "fork", "cup"), start=1):
        await add(number, name=name, categories=("kitchen",))


async def send(
    client: httpx2.AsyncClient, *changes: dict[str, Any], key: str = "key-1"
) -> httpx2.Response:
    headers = {**ADMIN, "Idempotency-Key": key}
    return await client.post(CHANGES, json={"changes": changes}, headers=headers)


async def outcomes(
    client: httpx2.AsyncClient, *changes: dict[str, Any], key: str = "key-1"
) -> list[str]:
    """Return the outcome of each change, or the type of its problem."""
    response = await send(client, *changes, key=key)
    assert response.status_code == 200, response.text
    return [
        result["problem"]["type"].removeprefix("/problems/")
        if result["outcome"] == "refused"
        else result["outcome"]
        for result in response.json()["results"]
    ]


async def shown(client: httpx2.AsyncClient, product_id: str) -> dict[str, Any]:
    product: dict[str, Any] = (await client.get(f"/api/products/{product_id}")).json()
    return product


class TestList:
    async def test_shows_the_etag_with_which_a_product_can_be_changed(
        self, client: httpx2.AsyncClient
    ) -> None:
        products = (await client.get(PATH, headers=ADMIN)).json()["products"]
        assert [(product["name"], product["etag"]) for product in products] == [
            ("cup", '"1.1"'),
            ("fork", '"1.1"'),
            ("spoon", '"1.1"'),
        ]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["cup", "fork", "spoon"]),
            ("archived=true", ["fork"]),
            ("archived=false", ["cup", "spoon"]),
            ("archived=true&categoryName=kitchen", ["fork"]),
            ("archived=true&categoryName=electronics", []),
            ("sort=-stock", ["cup", "spoon", "fork"]),
        ],
    )
    async def test_filters_and_sorts(
        self, client: httpx2.AsyncClient, query: str, expected: list[str]
    ) -> None:
        # Given
        await send(
            client,
            {"id": FORK, "etag": '"1.1"', "archived": True, "quantity_delta": -1},
            {"id": CUP, "quantity_delta": 5},
        )
        # When
        products = (await client.get(f"{PATH}?{query}", headers=ADMIN)).json()["products"]
        # Then
        assert [product["name"] for product in products] == expected

    async def test_shoppers_see_no_etag_and_cannot_ask_for_archived_products(
        self, client: httpx2.AsyncClient
    ) -> None:
        await send(client, {"id": FORK, "etag": '"1.1"', "archived": True})
        products = (await client.get("/api/products?archived=true")).json()["products"]
        assert [product["name"] for product in products] == ["cup", "spoon"]
        assert "etag" not in products[0]


class TestChangeProducts:
    async def test_applies_the_changes_with_events_and_audit_entries(
        self, client: httpx2.AsyncClient, services: Services, transactions: FakeTransactions
    ) -> None:
        # When
        response = await send(
            client,
            {"id": SPOON, "etag": '"1.1"', "price": 2.5, "categories": ["electronics"]},
            {"id": FORK, "etag": '"1.1"', "archived": True},
            {"id": CUP, "quantity_delta": -3},
        )
        # Then
        assert response.status_code == 200
        results = response.json()["results"]
        assert [result["id"] for result in results] == [SPOON, FORK, CUP]
        assert [result["outcome"] for result in results] == ["applied"] * 3
        spoon, fork, cup = (result["product"] for result in results)
        assert (spoon["price"], spoon["categories"], spoon["etag"]) == (
            2.5,
            ["electronics"],
            '"2.1"',
        )
        assert (fork["archived"], fork["etag"]) == (True, '"2.1"')
        assert (cup["quantity"], cup["etag"]) == (7, '"1.2"')
        assert transactions.published_ids == [
            f"ProductUpdate/{SPOON}/3",
            f"ProductUpdate/{FORK}/3",
            f"ProductsQuantityUpdate/{CUP}/3",
        ]
        entries, _ = await services.trail.page(
            AuditFilter(actor="admin@aaa.com"), limit=20, cursor=None
        )
        assert sorted((entry.subject, entry.action) for entry in entries) == [
            (SPOON, "change product"),
            (FORK, "archive product"),
            (CUP, "change product"),
        ]

    @pytest.mark.parametrize(
        ("change", "problem", "detail"),
        [
            ({"price": 2, "etag": '"9.1"'}, "stale", "Someone else has changed the product"),
            ({"price": 2, "etag": "nonsense"}, "stale", "Someone else has changed the product"),
            ({"price": 2}, "precondition-required", "Send the product's ETag"),
            ({"archived": True, "etag": "*"}, "precondition-required", "Send the product's ETag"),
            ({"quantity_delta": -11}, "insufficient-stock", "The stock is 10. You cannot remove"),
            ({"quantity_delta": 999_991}, "stock-limit", "The stock cannot exceed 1,000,000."),
            (
                {"quantity_delta": 2, "expected_quantity": 9},
                "stock-moved",
                "The stock is now 10. Check the change and try again.",
            ),
            ({"expected_quantity": 9}, "stock-moved", "The stock is now 10."),
            (
                {"categories": ["toys"], "etag": '"1.1"'},
                "category-not-found",
                "These categories do not exist: toys.",
            ),
            ({"id": an_id(77), "quantity_delta": 1}, "not-found", "There is no product"),
        ],
    )
    async def test_refuses_one_change_and_applies_the_others(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        transactions: FakeTransactions,
        change: dict[str, Any],
        problem: str,
        detail: str,
    ) -> None:
        # Given
        before = await database["products"].find_one({"name": "fork"})
        # When
        response = await send(
            client,
            {"id": SPOON, "quantity_delta": 1},
            {"id": FORK, **change},
            {"id": CUP, "quantity_delta": 1},
        )
        # Then
        first, refused, last = response.json()["results"]
        assert (first["outcome"], last["outcome"]) == ("applied", "applied")
        assert (refused["outcome"], refused["product"]) == ("refused", None)
        assert refused["problem"]["type"] == f"/problems/{problem}"
        assert refused["problem"]["detail"].startswith(detail)
        assert await database["products"].find_one({"name": "fork"}) == before
        assert len(transactions.published) == 2

    async def test_a_change_of_details_and_stock_is_all_or_nothing(
        self, client: httpx2.AsyncClient
    ) -> None:
        change = {"id": SPOON, "etag": '"1.1"', "price": 2, "quantity_delta": -11}
        assert await outcomes(client, change) == ["insufficient-stock"]
        assert (await shown(client, SPOON))["price"] == 1

    async def test_sets_the_stock_unless_it_has_moved(self, client: httpx2.AsyncClient) -> None:
        change = {"id": SPOON, "quantity_delta": 10, "expected_quantity": 10}
        assert await outcomes(client, change) == ["applied"]
        assert await outcomes(client, change, key="key-2") == ["stock-moved"]
        assert (await shown(client, SPOON))["quantity"] == 20

    async def test_says_what_was_already_so(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        changes = (
            {"id": SPOON, "etag": '"1.1"', "price": 1, "archived": False},
            {"id": FORK},
            {"id": CUP, "quantity_delta": 0, "expected_quantity": 10},
        )
        for _ in range(2):
            assert await outcomes(client, *changes) == ["unchanged"] * 3
        assert transactions.published == []

    async def test_a_repeated_request_changes_nothing_twice(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # Given
        changes = (
            {"id": SPOON, "etag": '"1.1"', "price": 2},
            {"id": FORK, "quantity_delta": -10},
            {"id": CUP, "quantity_delta": -11},
        )
        first = await send(client, *changes)
        # When
        second = await send(client, *changes)
        # Then
        assert [result["outcome"] for result in first.json()["results"]] == [
            "applied",
            "applied",
            "refused",
        ]
        assert second.json() == first.json()
        assert len(transactions.published) == 2
        assert (await shown(client, FORK))["quantity"] == 0

    async def test_a_key_cannot_be_used_for_another_change(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert await outcomes(client, {"id": SPOON, "quantity_delta": 1}) == ["applied"]
        other = {"id": SPOON, "quantity_delta": 2}
        assert await outcomes(client, other) == ["idempotency-key-reused"]

    async def test_a_repeated_request_continues_after_the_database_was_down(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        replace = ProductRepository.replace

        async def fail_for_the_fork(
            products: ProductRepository, before: Product, after: Product, **others: Any
        ) -> None:
            if before.id == FORK:
                raise AutoReconnect
            await replace(products, before, after, **others)

        changes = [{"id": id_, "quantity_delta": 1} for id_ in (SPOON, FORK, CUP)]
        with monkeypatch.context() as patch:
            patch.setattr(ProductRepository, "replace", fail_for_the_fork)
            assert (await send(client, *changes)).status_code == 503
        # When
        assert await outcomes(client, *changes) == ["applied"] * 3
        # Then
        quantities = [(await shown(client, id_))["quantity"] for id_ in (SPOON, FORK, CUP)]
        assert quantities == [11, 11, 11]

    async def test_accepts_100_products_and_refuses_101(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # Given
        changes = [{"id": an_id(1_000 + number), "quantity_delta": 1} for number in range(101)]
        # When
        accepted = await outcomes(client, *changes[:100])
        refused = await send(client, *changes)
        # Then
        assert accepted == ["not-found"] * 100
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "changes")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ([], "changes"),
            ([{"id": SPOON}, {"id": SPOON}], "changes"),
            ([{"id": "x"}], "changes.0.id"),
            ([{"id": SPOON, "price": -1}], "changes.0.price"),
            ([{"id": SPOON, "quantity_delta": "1_0"}], "changes.0.quantity_delta"),
            ([{"id": SPOON, "quantity_delta": True}], "changes.0.quantity_delta"),
            ([{"id": SPOON, "expected_quantity": -1}], "changes.0.expected_quantity"),
            ([{"id": SPOON, "etag": "x" * 101}], "changes.0.etag"),
        ],
    )
    async def test_refuses_an_invalid_request_as_a_whole(
        self,
        client: httpx2.AsyncClient,
        transactions: FakeTransactions,
        changes: list[dict[str, Any]],
        field: str,
    ) -> None:
        response = await send(client, *changes)
        assert response.status_code == 422, response.text
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert transactions.published == []

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            (ADMIN, 422),
            ({**ADMIN, "Idempotency-Key": "ü" * 10}, 422),
            ({**ADMIN, "Idempotency-Key": "k" * 201}, 422),
            ({**caller_headers("aaa@aaa.com"), "Idempotency-Key": "k"}, 403),
            ({"Idempotency-Key": "k"}, 401),
        ],
    )
    async def test_requires_an_admin_and_a_key(
        self, client: httpx2.AsyncClient, headers: dict[str, str], status: int
    ) -> None:
        encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        body = {"changes": [{"id": SPOON, "quantity_delta": 1}]}
        response = await client.post(CHANGES, json=body, headers=encoded)
        assert response.status_code == status, response.text
        assert (await shown(client, SPOON))["quantity"] == 10
