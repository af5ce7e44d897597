import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from pymongo.errors import AutoReconnect

from orders.dependencies import Services
from orders.repositories.projection import ProjectionRepository
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id, state
from shopkit.testing.proofs import account_id_of, caller_headers

Know = Callable[..., Awaitable[None]]
Count = Callable[[], Awaitable[int]]

SHOPPER = caller_headers("aaa@aaa.com")
PATH = "/api/orders"
SPOON = {"name": "spoon", "quantity": 1}


@pytest.fixture(autouse=True)
async def _shelf(know: Know) -> None:
    await know(
        state(1, name="spoon", price_cents=599, quantity=10),
        state(2, name="café", price_cents=250, quantity=5_000),
        state(3, name="twin"),
        state(4, name="twin"),
        state(5, name="old", archived=True),
    )


@pytest.fixture
def stored(database: Database, transactions: FakeTransactions) -> Count:
    """How many orders, keys and events there are."""

    async def stored() -> int:
        names = ("orders", "idempotency_keys", "outbox")
        return sum([await database[name].count_documents({}) for name in names]) + len(
            transactions.published
        )

    return stored


async def order(
    client: httpx2.AsyncClient, *lines: Any, headers: dict[str, str] | None = None
) -> httpx2.Response:
    return await client.post(
        PATH, json={"products": list(lines)}, headers={**SHOPPER, **(headers or {})}
    )


def errors_of(response: httpx2.Response) -> list[tuple[str, str]]:
    return [(error["field"], error["message"]) for error in response.json()["errors"]]


class TestAccepted:
    async def test_responds_with_the_pending_order(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        # When
        response = await order(
            client,
            {"name": "spoon", "quantity": 2, "cost": "of the original's client"},
            {"id": an_id(2), "quantity": 3, "price": 2.5},
        )
        # Then
        assert response.status_code == 201
        assert "idempotency-replayed" not in response.headers
        body = response.json()
        assert body.pop("id") == transactions.published[0].message.key
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", body.pop("number"))
        assert body == {
            "email": "aaa@aaa.com",
            "account_id": account_id_of("aaa@aaa.com"),
            "status": "PENDING",
            "reason": None,
            "cost": 19.48,
            "total": 19.48,
            "can_cancel": True,
            "contact": {"name": "", "email": "aaa@aaa.com", "phone": ""},
            "delivery": {
                "method": "collection",
                "name": "Collection in the shop",
                "fee": 0.0,
                "days": None,
                "address": None,
            },
            "payment": {
                "method": "ON_COLLECTION",
                "state": "NONE",
                "due_at": None,
                "open": 0.0,
                "captured": 0.0,
                "refund_requested": 0.0,
                "refunded": 0.0,
                "transfer": None,
            },
            "fulfilment": {"state": "OPEN", "shipments": [], "closed": []},
            "note": "",
            "created_at": "2026-05-04T12:00:00Z",
            "cancel_confirmed": False,
            "products": [
                {
                    "product_id": an_id(1),
                    "name": "spoon",
                    "price": 5.99,
                    "quantity": 2,
                    "reason": None,
                },
                {
                    "product_id": an_id(2),
                    "name": "café",
                    "price": 2.5,
                    "quantity": 3,
                    "reason": None,
                },
            ],
            "history": [{"status": "PENDING", "at": "2026-05-04T12:00:00Z"}],
        }

    @pytest.mark.parametrize(
        "name", ["SPOON", "  Spoon ", "CAFÉ", "cafe\u0301", "\uff33poon", "spoo\u034fn"]
    )
    async def test_finds_a_product_by_name_in_any_case(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        assert (await order(client, {"name": name, "quantity": 1})).status_code == 201

    async def test_sums_lines_of_one_product(self, client: httpx2.AsyncClient) -> None:
        response = await order(client, SPOON, {"id": an_id(1), "quantity": 2})
        assert [line["quantity"] for line in response.json()["products"]] == [3]

    async def test_the_id_takes_precedence_over_the_name(self, client: httpx2.AsyncClient) -> None:
        response = await order(client, {"id": an_id(1), "name": "nothing", "quantity": 1})
        assert response.json()["products"][0]["name"] == "spoon"

    async def test_accepts_50_lines_and_1000_of_a_product(self, client: httpx2.AsyncClient) -> None:
        response = await order(client, *[{"id": an_id(2), "quantity": 20}] * 50)
        assert response.status_code == 201
        assert [line["quantity"] for line in response.json()["products"]] == [1_000]

    async def test_the_event_carries_the_trace_context(
        self, client: httpx2.AsyncClient, transactions: FakeTransactions
    ) -> None:
        await order(client, SPOON, headers={"X-Request-ID": "request-7"})
        assert transactions.published[0].message.trace_context.request_id == "request-7"


class TestIdempotencyKey:
    async def test_the_same_key_and_body_repeat_the_first_response(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        # Given
        first = await order(client, SPOON, headers={"Idempotency-Key": "key 1"})
        before = await stored()
        # When
        second = await order(client, SPOON, headers={"Idempotency-Key": "key 1"})
        # Then
        assert second.status_code == first.status_code == 201
        assert second.json() == first.json()
        assert second.headers["idempotency-replayed"] == "true"
        assert await stored() == before

    async def test_refuses_the_same_key_with_another_body(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        # Given
        await order(client, SPOON, headers={"Idempotency-Key": "key 1"})
        before = await stored()
        # When
        response = await order(
            client, {"name": "spoon", "quantity": 2}, headers={"Idempotency-Key": "key 1"}
        )
        # Then
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/idempotency-key-reused"
        assert [field for field, _ in errors_of(response)] == ["Idempotency-Key"]
        assert await stored() == before

    async def test_accepts_255_characters(self, client: httpx2.AsyncClient) -> None:
        response = await order(client, SPOON, headers={"Idempotency-Key": "~" * 255})
        assert response.status_code == 201

    @pytest.mark.parametrize("key", [b"x" * 256, b"", "clé".encode(), b"a\tb"])
    async def test_refuses_invalid_keys(
        self, client: httpx2.AsyncClient, stored: Count, key: bytes
    ) -> None:
        # When
        response = await client.post(
            PATH,
            json={"products": [SPOON]},
            headers=[
                *((name.encode(), value.encode()) for name, value in SHOPPER.items()),
                (b"Idempotency-Key", key),
            ],
        )
        # Then
        assert response.status_code == 422
        assert [field for field, _ in errors_of(response)] == ["idempotency-key"]
        assert await stored() == 0


class TestRefused:
    async def refuse(
        self, client: httpx2.AsyncClient, stored: Count, *lines: Any
    ) -> tuple[int, str, list[tuple[str, str]]]:
        response = await order(client, *lines)
        assert await stored() == 0
        assert response.headers["content-type"] == "application/problem+json"
        return response.status_code, response.json()["type"], errors_of(response)

    @pytest.mark.parametrize(
        "line",
        [
            {"name": "unknown", "quantity": 1},
            {"id": an_id(77), "quantity": 1},
            {"name": "old", "quantity": 1},
            {"id": an_id(5), "quantity": 1},
            {"name": ".*", "quantity": 1},
            {"name": "$where", "quantity": 1},
        ],
    )
    async def test_refuses_products_that_are_not_for_sale(
        self, client: httpx2.AsyncClient, stored: Count, line: dict[str, Any]
    ) -> None:
        assert await self.refuse(client, stored, SPOON, line) == (
            404,
            "/problems/unknown-products",
            [("products.1", "This product is not for sale.")],
        )

    async def test_refuses_a_name_that_two_products_have(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        assert await self.refuse(client, stored, {"name": "twin", "quantity": 1}) == (
            409,
            "/problems/ambiguous-name",
            [("products.0", "Two products have this name.")],
        )

    async def test_refuses_a_price_that_has_changed(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        line = {"name": "spoon", "quantity": 1, "price": 5.98}
        assert await self.refuse(client, stored, line) == (
            409,
            "/problems/price-changed",
            [("products.0", "The price is now 5.99.")],
        )

    async def test_refuses_more_than_the_stock(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        assert await self.refuse(client, stored, {"name": "spoon", "quantity": 11}) == (
            409,
            "/problems/insufficient-stock",
            [("products.0", "Only 10 left.")],
        )

    async def test_refuses_more_than_1000_of_a_product(
        self, client: httpx2.AsyncClient, stored: Count
    ) -> None:
        half = {"id": an_id(2), "quantity": 501}
        assert await self.refuse(client, stored, half, half) == (
            422,
            "/problems/quantity-limit",
            [
                ("products.0", "You ordered 1,002 units."),
                ("products.1", "You ordered 1,002 units."),
            ],
        )


class TestInvalid:
    @pytest.mark.parametrize(
        ("changes", "field", "message"),
        [
            ({"quantity": 0}, "quantity", "Must be greater than or equal to 1."),
            ({"quantity": -1}, "quantity", "Must be greater than or equal to 1."),
            ({"quantity": 1_001}, "quantity", "Must be less than or equal to 1000."),
            (
                {"quantity": 1.5},
                "quantity",
                "Must be a valid integer.",
            ),
            ({"quantity": float("nan")}, "quantity", "Must be a finite number."),
            ({"quantity": float("inf")}, "quantity", "Must be a finite number."),
            ({"quantity": True}, "quantity", "Must be a whole number, written in digits 0 to 9."),
            ({"quantity": None}, "quantity", "Must be a valid integer."),
            ({"quantity": []}, "quantity", "Must be a valid integer."),
            (
                {"quantity": "many"},
                "quantity",
                "Must be a whole number, written in digits 0 to 9.",
            ),
            ({"price": float("nan")}, "price", "Must be a finite number."),
            ({"price": float("-inf")}, "price", "Must be a finite number."),
            ({"price": -0.01}, "price", "Must be greater than or equal to 0."),
            ({"price": 1_000_000.01}, "price", "Must be less than or equal to 1000000."),
            (
                {"price": 5.999},
                "price",
                "Must have no more than 2 decimal places.",
            ),
            ({"price": True}, "price", "Must be a number, written in digits 0 to 9."),
            ({"quantity": "1_0"}, "quantity", "Must be a whole number, written in digits 0 to 9."),
            ({"quantity": " 5 "}, "quantity", "Must be a whole number, written in digits 0 to 9."),
            ({"price": "\u0665"}, "price", "Must be a number, written in digits 0 to 9."),
            ({"price": "1_0.5"}, "price", "Must be a number, written in digits 0 to 9."),
            ({"id": "x"}, "id", "This value has the wrong format."),
            ({"id": "A" * 24}, "id", "This value has the wrong format."),
            ({"id": 7}, "id", "Must be a valid string."),
            (
                {"name": "x" * 121},
                "name",
                "Must have at most 120 characters.",
            ),
            ({"name": 7}, "name", "Must be a valid string."),
            ({"name": {"$ne": ""}}, "name", "Must be a valid string."),
            ({"name": "\ud800"}, "name", "Contains an invalid Unicode character."),
            ({"name": "  "}, "", "Must have an id or a name."),
            ({"name": None}, "", "Must have an id or a name."),
        ],
    )
    async def test_names_the_invalid_field_of_a_line_and_stores_nothing(
        self,
        client: httpx2.AsyncClient,
        stored: Count,
        changes: dict[str, Any],
        field: str,
        message: str,
    ) -> None:
        # When
        response = await self.send(client, {"products": [SPOON, SPOON | changes]})
        # Then
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/validation"
        assert errors_of(response) == [(f"products.1.{field}".rstrip("."), message)]
        assert await stored() == 0

    @pytest.mark.parametrize(
        ("body", "field", "message"),
        [
            (
                {"products": []},
                "products",
                "Must have at least 1 item.",
            ),
            (
                {"products": [SPOON] * 51},
                "products",
                "Must have at most 50 items.",
            ),
            ({"products": None}, "products", "Must be a valid list."),
            ({"products": {"name": "spoon"}}, "products", "Must be a valid list."),
            ({"products": "spoon"}, "products", "Must be a valid list."),
            ({}, "products", "This value is required."),
            (None, "", "Must be an object."),
        ],
    )
    async def test_names_the_invalid_field_of_a_body(
        self, client: httpx2.AsyncClient, stored: Count, body: Any, field: str, message: str
    ) -> None:
        # When
        response = await self.send(client, body)
        # Then
        assert response.status_code == 422
        assert errors_of(response) == [(field, message)]
        assert await stored() == 0

    @pytest.mark.parametrize(
        "content", [b"", b"{", b'{"products": [', b"'", b"\xff", b"[" * 100_000, b'{"a": 1e}']
    )
    async def test_refuses_a_body_that_is_not_json(
        self, client: httpx2.AsyncClient, stored: Count, content: bytes
    ) -> None:
        # When
        response = await client.post(
            PATH, content=content, headers={**SHOPPER, "Content-Type": "application/json"}
        )
        # Then
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"
        assert await stored() == 0

    async def send(self, client: httpx2.AsyncClient, body: Any) -> httpx2.Response:
        """Send what a strict JSON writer would not: NaN, infinity, half a character."""
        headers = {**SHOPPER, "Content-Type": "application/json"}
        return await client.post(PATH, content=json.dumps(body).encode(), headers=headers)


class TestCaller:
    @pytest.mark.parametrize(
        "headers", [{}, caller_headers("aaa@aaa.com", "visitor"), caller_headers("")]
    )
    async def test_asks_a_visitor_to_sign_in(
        self, client: httpx2.AsyncClient, stored: Count, headers: dict[str, str]
    ) -> None:
        # When
        response = await client.post(PATH, json={"products": [SPOON]}, headers=headers)
        # Then
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert await stored() == 0


class TestDatabaseDown:
    async def test_responds_with_unavailable(
        self,
        client: httpx2.AsyncClient,
        services: Services,
        stored: Count,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        async def fail(*_: Any, **__: Any) -> None:
            raise AutoReconnect("internal-host:27017 closed")

        monkeypatch.setattr(ProjectionRepository, "find", fail)
        # When
        response = await order(client, SPOON)
        # Then
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert "internal-host" not in response.text
        assert await stored() == 0
