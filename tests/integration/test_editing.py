"""What admins do to products, over HTTP, on a real database."""

import asyncio
import io
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.integration.shop import Place, Shop, find_one

from orders.errors import NotCancellableError
from shopkit.testing.deliveries import an_id, placed
from shopkit.testing.proofs import identity_of

ONE = f"/api/products/{an_id(1)}"


@pytest.fixture
async def product(shop: Shop, client: httpx2.AsyncClient) -> httpx2.Response:
    """Product 1, ten at 1.00, as an admin sees it."""
    for name in ("kitchen", "garden"):
        assert (await client.post("/api/categories", json={"name": name})).status_code == 201
    await shop.add(1, 10)
    return await client.get(ONE)


async def events(shop: Shop) -> list[str]:
    rows = shop.products_db["outbox"].find({"type": {"$ne": "ProductCreate"}}).sort("time", 1)
    return [f"{row['_id']}" async for row in rows]


async def trail(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await client.get("/api/admin/audit/products")).json()[
        "entries"
    ]
    return entries


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300), colour: str = "green") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    Image.new("RGB", size, colour).save(out, kind, exif=exif)
    return out.getvalue()


class TestChange:
    async def test_changes_details_with_an_event_and_an_audit_entry(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        response = await client.patch(
            ONE,
            json={"name": " Big Pan ", "price": 12.34, "categories": ["Kitchen", "garden"]},
            headers={"If-Match": product.headers["etag"]},
        )
        # Then
        assert response.status_code == 200
        body = response.json()
        assert (body["name"], body["price"], body["categories"], body["quantity"]) == (
            "big pan",
            12.34,
            ["kitchen", "garden"],
            10,
        )
        assert (product.headers["etag"], response.headers["etag"]) == ('"1.1"', '"2.1"')
        assert await events(shop) == [f"ProductUpdate/{an_id(1)}/3"]
        entry = (await trail(client))[0]
        assert (entry["actor"], entry["action"], entry["subject"]) == (
            "admin@admin.com",
            "change product",
            an_id(1),
        )
        assert (entry["before"]["price_cents"], entry["after"]["price_cents"]) == (100, 1234)

    @pytest.mark.parametrize(
        ("headers", "status", "problem"),
        [
            ({}, 428, "precondition-required"),
            ({"If-Match": "*"}, 428, "precondition-required"),
            ({"If-Match": '"7.1"'}, 412, "stale"),
            ({"If-Match": "nonsense"}, 412, "stale"),
        ],
    )
    async def test_details_require_the_current_etag(
        self,
        shop: Shop,
        client: httpx2.AsyncClient,
        product: httpx2.Response,
        headers: dict[str, str],
        status: int,
        problem: str,
    ) -> None:
        # When
        response = await client.patch(ONE, json={"price": 2}, headers=headers)
        # Then
        assert (response.status_code, response.json()["type"]) == (status, f"/problems/{problem}")
        assert (await client.get(ONE)).json() == product.json()
        assert await events(shop) == []

    async def test_accepts_an_edit_after_sales_and_a_weak_etag(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # Given
        await shop.products.decisions.decide([placed(9, {1: 4})])
        # When
        response = await client.patch(
            ONE, json={"price": 2}, headers={"If-Match": f"W/{product.headers['etag']}"}
        )
        # Then
        assert (response.status_code, response.headers["etag"]) == (200, '"2.2"')
        assert (response.json()["price"], response.json()["quantity"]) == (2, 6)

    async def test_refuses_one_of_two_concurrent_edits(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        answers = await asyncio.gather(
            *(
                client.patch(
                    ONE, json={"price": price}, headers={"If-Match": product.headers["etag"]}
                )
                for price in (2, 3)
            )
        )
        # Then
        assert sorted(response.status_code for response in answers) == [200, 412]
        won = next(response for response in answers if response.status_code == 200)
        assert (await client.get(ONE)).json() == won.json()
        assert len(await events(shop)) == 1

    async def test_a_change_to_the_current_values_changes_nothing(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        response = await client.patch(
            ONE, json={"price": 1}, headers={"If-Match": product.headers["etag"]}
        )
        # Then
        assert (response.status_code, response.headers["etag"]) == (200, '"1.1"')
        assert await events(shop) == []

    @pytest.mark.parametrize(
        ("body", "status", "problem"),
        [
            ({"name": "product 2"}, 409, "name-taken"),
            ({"categories": ["nowhere"]}, 404, "category-not-found"),
            ({"quantity_delta": -11}, 409, "insufficient-stock"),
            ({"quantity_delta": 999_991}, 409, "stock-limit"),
            ({"quantity_delta": 1_000_001}, 422, "validation"),
            ({"quantity_delta": True}, 422, "validation"),
            ({"price": 1.234}, 422, "validation"),
            ({"price": -1}, 422, "validation"),
            ({"price": 1_000_001}, 422, "validation"),
            ({"price": True}, 422, "validation"),
            ({"name": " "}, 422, "validation"),
            ({"name": "a/b"}, 422, "validation"),
            ({"name": "x" * 121}, 422, "validation"),
            ({"description": "x" * 2_001}, 422, "validation"),
            ({"categories": ["a"] * 21}, 422, "validation"),
            ({"archived": True}, 422, "validation"),
            ({"price": 2, "quantity_delta": -11}, 409, "insufficient-stock"),
        ],
    )
    async def test_refuses_invalid_input_and_changes_nothing(
        self,
        shop: Shop,
        client: httpx2.AsyncClient,
        product: httpx2.Response,
        body: dict[str, Any],
        status: int,
        problem: str,
    ) -> None:
        # Given
        await shop.add(2, 1)
        # When
        response = await client.patch(ONE, json=body, headers={"If-Match": product.headers["etag"]})
        # Then
        assert (response.status_code, response.json()["type"]) == (status, f"/problems/{problem}")
        assert (await client.get(ONE)).json() == product.json()
        assert await events(shop) == []


class TestStock:
    async def test_a_change_of_stock_needs_no_etag_and_keeps_the_details(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        response = await client.patch(ONE, json={"quantity_delta": 5})
        # Then
        assert (response.status_code, response.headers["etag"]) == (200, '"1.2"')
        assert response.json()["quantity"] == 15
        assert await events(shop) == [f"ProductsQuantityUpdate/{an_id(1)}/3"]

    async def test_a_repeated_key_changes_the_stock_once(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        answers = await asyncio.gather(
            *(
                client.patch(ONE, json={"quantity_delta": 5}, headers={"Idempotency-Key": "k"})
                for _ in range(10)
            )
        )
        other = await client.patch(
            ONE, json={"quantity_delta": 6}, headers={"Idempotency-Key": "k"}
        )
        # Then
        assert {response.status_code for response in answers} == {200}
        assert {response.content for response in answers} == {answers[0].content}
        replayed = [response.headers.get("idempotency-replayed") for response in answers]
        assert sorted(map(str, replayed)) == ["None", *["true"] * 9]
        assert (other.status_code, other.json()["type"]) == (
            422,
            "/problems/idempotency-key-reused",
        )
        assert (await client.get(ONE)).json()["quantity"] == 15


class TestSeveralProducts:
    CHANGES = "/api/admin/products/changes"

    async def test_a_repeated_request_changes_each_product_once(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # Given
        await shop.add(2, 3)
        body = {
            "changes": [
                {"id": an_id(1), "etag": product.headers["etag"], "price": 2, "quantity_delta": 5},
                {"id": an_id(2), "quantity_delta": -4},
            ]
        }
        # When
        answers = await asyncio.gather(
            *(
                client.post(self.CHANGES, json=body, headers={"Idempotency-Key": "k"})
                for _ in range(5)
            )
        )
        # Then
        assert {response.status_code for response in answers} == {200}
        assert {response.content for response in answers} == {answers[0].content}
        outcomes = [result["outcome"] for result in answers[0].json()["results"]]
        assert outcomes == ["applied", "refused"]
        shown = (await client.get(ONE)).json()
        assert (shown["price"], shown["quantity"]) == (2, 15)
        assert await events(shop) == [f"ProductUpdate/{an_id(1)}/4"]

    async def test_one_of_two_admins_who_set_a_stock_is_refused(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        answers = await asyncio.gather(
            *(
                client.post(
                    self.CHANGES,
                    json={
                        "changes": [
                            {"id": an_id(1), "quantity_delta": delta, "expected_quantity": 10}
                        ]
                    },
                    headers={"Idempotency-Key": f"set-{delta}"},
                )
                for delta in (5, -5)
            )
        )
        # Then
        results = [response.json()["results"][0] for response in answers]
        assert sorted(result["outcome"] for result in results) == ["applied", "refused"]
        [refused] = [result for result in results if result["outcome"] == "refused"]
        assert refused["problem"]["type"] == "/problems/stock-moved"
        assert (await client.get(ONE)).json()["quantity"] in {5, 15}


class TestArchive:
    async def test_hides_the_product_until_it_is_restored(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # When
        archived = await client.delete(ONE, headers={"If-Match": product.headers["etag"]})
        # Then
        assert (archived.status_code, archived.content) == (204, b"")
        seen = await client.get(ONE)
        assert seen.json()["archived"] is True
        assert (await client.get("/api/products")).json()["products"] == []
        all_too = (await client.get("/api/admin/products")).json()["products"]
        by_id = (await client.get(f"/api/products?ids={an_id(1)}")).json()["products"]
        assert by_id == [seen.json()]
        assert all_too == [{**seen.json(), "etag": seen.headers["etag"]}]
        # When
        restored = await client.patch(
            ONE, json={"archived": False}, headers={"If-Match": seen.headers["etag"]}
        )
        # Then
        assert restored.status_code == 200
        assert len((await client.get("/api/products")).json()["products"]) == 1
        assert await events(shop) == [
            f"ProductUpdate/{an_id(1)}/3",
            f"ProductUpdate/{an_id(1)}/4",
        ]

    @pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"9.9"'}, 412)])
    async def test_requires_the_current_etag(
        self,
        client: httpx2.AsyncClient,
        product: httpx2.Response,
        headers: dict[str, str],
        status: int,
    ) -> None:
        assert (await client.delete(ONE, headers=headers)).status_code == status
        assert (await client.get(ONE)).json()["archived"] is False

    async def test_orders_ms_receives_prices_and_archived_products(
        self,
        shop: Shop,
        client: httpx2.AsyncClient,
        product: httpx2.Response,
        running: AsyncExitStack,
    ) -> None:
        # When
        changed = await client.patch(
            ONE, json={"price": 7}, headers={"If-Match": product.headers["etag"]}
        )
        await client.delete(ONE, headers={"If-Match": changed.headers["etag"]})
        await shop.run_products(running)
        await shop.run_orders(running)
        await shop.settled()
        # Then
        known = await find_one(shop.orders_db["products"])
        assert (known["price_cents"], known["archived"]) == (700, True)


class TestConditionalGet:
    @pytest.mark.parametrize("header", ['"1.1"', 'W/"1.1"', '"0.0", "1.1"', "*"])
    async def test_responds_with_304_if_the_copy_is_current(
        self, client: httpx2.AsyncClient, product: httpx2.Response, header: str
    ) -> None:
        response = await client.get(ONE, headers={"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == '"1.1"'

    async def test_responds_in_full_if_the_stock_has_changed(
        self, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        await client.patch(ONE, json={"quantity_delta": 1})
        assert (await client.get(ONE, headers={"If-None-Match": '"1.1"'})).status_code == 200


class TestPictures:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    async def test_stores_three_sizes_without_metadata(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response, kind: str
    ) -> None:
        # When
        response = await client.put(f"{ONE}/image", content=picture(kind, (3_000, 1_500)))
        # Then
        assert (response.status_code, response.headers["etag"]) == (200, '"2.1"')
        address = response.json()["image_url"]
        full = await client.get(address)
        smaller = [await client.get(f"{address}&size={size}") for size in ("medium", "thumb")]
        sizes = []
        for response in (full, *smaller):
            assert response.headers["content-type"] == "image/webp"
            assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
            with Image.open(io.BytesIO(response.content)) as opened:
                sizes.append(opened.size)
                assert not opened.getexif()
        assert sizes == [(1_200, 600), (640, 320), (400, 200)]
        again = await client.get(address, headers={"If-None-Match": full.headers["etag"]})
        assert again.status_code == 304
        assert await events(shop) == [f"ProductUpdate/{an_id(1)}/3"]

    async def test_replaces_the_previous_picture(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        # Given
        first = await client.put(f"{ONE}/image", content=picture(colour="red"))
        # When
        second = await client.put(f"{ONE}/image", content=picture(colour="blue"))
        # Then
        assert first.json()["image_url"] != second.json()["image_url"]
        old = await client.get(first.json()["image_url"])
        assert old.headers["cache-control"] == "public, max-age=60, s-maxage=0"
        assert old.content == (await client.get(second.json()["image_url"])).content

    async def test_shows_one_of_several_pictures_that_are_set_at_once(
        self, shop: Shop, client: httpx2.AsyncClient
    ) -> None:
        # Given
        numbers = range(2, 12)
        for number in numbers:
            await shop.add(number, 10)
            await client.put(f"/api/products/{an_id(number)}/image", content=picture(colour="red"))

        async def put(number: int, colour: str) -> httpx2.Response:
            address = f"/api/products/{an_id(number)}/image"
            return await client.put(address, content=picture(colour=colour))

        for number in numbers:
            # When
            colours = ("blue", "red", "blue", "red")
            responses = await asyncio.gather(*(put(number, colour) for colour in colours))
            # Then
            assert [response.status_code for response in responses] == [200] * 4
            for size in ("full", "medium", "thumb"):
                address = f"/api/products/{an_id(number)}/image?size={size}"
                assert (await client.get(address)).status_code == 200

    @pytest.mark.parametrize(
        ("data", "status", "problem"),
        [
            (b"", 422, "picture-unusable"),
            (b"no picture", 422, "picture-unusable"),
            (picture()[:200], 422, "picture-unusable"),
            (b"x" * (2 * 1024 * 1024 + 1), 413, "content-too-large"),
            (picture("GIF"), 422, "picture-unusable"),
            (picture("PNG", (4_001, 3_000)), 422, "picture-unusable"),
        ],
    )
    async def test_refuses_unusable_pictures_and_changes_nothing(
        self,
        shop: Shop,
        client: httpx2.AsyncClient,
        product: httpx2.Response,
        data: bytes,
        status: int,
        problem: str,
    ) -> None:
        response = await client.put(f"{ONE}/image", content=data)
        assert (response.status_code, response.json()["type"]) == (status, f"/problems/{problem}")
        assert (await client.get(ONE)).json() == product.json()
        assert await shop.products_db["images.files"].count_documents({}) == 0
        assert (await client.get(f"{ONE}/image")).status_code == 404

    async def test_refuses_a_picture_of_an_unknown_product(
        self, shop: Shop, client: httpx2.AsyncClient, product: httpx2.Response
    ) -> None:
        response = await client.put(f"/api/products/{an_id(7)}/image", content=picture())
        assert response.status_code == 404
        assert await shop.products_db["images.files"].count_documents({}) == 0


class TestCancelAgainstDecision:
    async def test_200_concurrent_cancellations_and_decisions_conserve_stock(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 150))
        await shop.run_products(running)
        services = await shop.run_orders(running)
        refused = 0

        async def order_and_cancel(number: int) -> None:
            nonlocal refused
            order = await place({1: 1})
            await asyncio.sleep(number % 20 / 1000)
            caller = identity_of(order.email)
            try:
                await services.orders.cancel(order.id, caller)
            except NotCancellableError:
                refused += 1

        # When
        for start in range(0, 200, 20):
            await asyncio.gather(*(order_and_cancel(number) for number in range(start, start + 20)))
        await shop.settled(60)
        # Then
        statuses = await shop.statuses()
        assert statuses.get("CANCELLED", 0) == 200 - refused
        assert statuses.get("REJECTED", 0) == refused
        assert await shop.decisions() == statuses
        assert await shop.stock() == {"product 1": 150}
