"""Products whose names differ in case, in the form of characters, or in what does not show."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from bson import ObjectId

from products.models.product import Product
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import caller_headers

AddProduct = Callable[..., Awaitable[Product]]

ADMIN = caller_headers("admin@aaa.com", "admin")
SEEN = {**ADMIN, "If-Match": '"1.1"'}
SPELLINGS = [
    ("T\u0308est", "t\u0308est"),
    ("T\u0308est", "\u1e97EST"),
    ("straße", "STRASSE"),
    ("οδοσ", "ΟΔΟΣ"),
    ("οδος", "οδοσ"),
    ("\ufb01sh", "fish"),
    ("\uff26ork", "fork"),
    ("two\u3000words", "two  words"),
    ("spoon", "spoo\u034fn\ufe0f"),
]


def new(name: str) -> dict[str, object]:
    values = {"description": "", "price": 1, "quantity": 1, "categories": []}
    return {"product": {"name": name, **values}}


async def create(client: httpx2.AsyncClient, name: str) -> httpx2.Response:
    return await client.post("/api/products", json=new(name), headers=ADMIN)


async def found(client: httpx2.AsyncClient, name: str) -> list[str]:
    response = await client.get("/api/products", params={"name": name})
    return [product["id"] for product in response.json().get("products", [])]


class TestSpellings:
    @pytest.mark.parametrize(("name", "other"), SPELLINGS)
    async def test_a_product_is_found_by_all_spellings_and_by_the_shown_name(
        self, client: httpx2.AsyncClient, name: str, other: str
    ) -> None:
        # When
        product = (await create(client, name)).json()
        # Then
        for spelling in (name, other, product["name"], name.upper()):
            assert await found(client, spelling) == [product["id"]]

    @pytest.mark.parametrize(("name", "other"), SPELLINGS)
    async def test_no_other_product_gets_another_spelling(
        self, client: httpx2.AsyncClient, add: AddProduct, name: str, other: str
    ) -> None:
        # Given
        await create(client, name)
        await add(1, name="other")
        # When
        created = await create(client, other)
        changed = await client.patch(
            f"/api/products/{an_id(1)}", json={"name": other}, headers=SEEN
        )
        # Then
        for response in (created, changed):
            assert (response.status_code, response.json()["type"]) == (409, "/problems/name-taken")

    async def test_a_product_can_change_the_spelling_of_its_own_name(
        self, client: httpx2.AsyncClient, add: AddProduct
    ) -> None:
        await add(1, name="straße")
        response = await client.patch(
            f"/api/products/{an_id(1)}", json={"name": "STRASSE"}, headers=SEEN
        )
        assert (response.status_code, response.json()["name"]) == (200, "strasse")

    @pytest.mark.parametrize(
        "name", ["\u3164", "\u2800", "\u0301", ".", "..", "\ufe0f", "\u115f", "🫨"]
    )
    async def test_refuses_a_name_that_does_not_show(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        assert (await create(client, name)).status_code == 422

    @pytest.mark.parametrize("name", ["🫨 mug", "x" + "🎁" * 119])
    async def test_accepts_symbols_beside_a_letter_on_all_versions_of_python(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        response = await create(client, name)
        assert (response.status_code, response.json()["name"]) == (201, name)

    async def test_two_names_of_one_category_add_it_once(self, client: httpx2.AsyncClient) -> None:
        body = new("spoon")
        body["product"]["categories"] = ["kitchen", "KITCHEN", "kit\u034fchen"]  # type: ignore[index]
        response = await client.post("/api/products", json=body, headers=ADMIN)
        assert (response.status_code, response.json()["categories"]) == (201, ["kitchen"])


class TestOlderNames:
    """Names that were stored when they were compared less strictly."""

    @pytest.fixture(autouse=True)
    async def _clash(self, add: AddProduct, database: Database) -> None:
        await add(1, name="straße")
        await add(2, name="other")
        await database["products"].update_one(
            {"_id": ObjectId(an_id(2))},
            {"$set": {"name": "strasse", "name_key": "strasse"}, "$unset": {"unique_name_key": ""}},
        )

    async def test_both_are_found_by_their_exact_names(self, client: httpx2.AsyncClient) -> None:
        assert await found(client, "straße") == [an_id(1)]
        assert await found(client, "STRASSE") == [an_id(2)]

    async def test_both_can_be_changed(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # When
        for number in (1, 2):
            response = await client.patch(
                f"/api/products/{an_id(number)}", json={"price": 7}, headers=SEEN
            )
            assert response.status_code == 200
        # Then
        rows = await database["products"].find({}, {"unique_name_key": 1}).sort("_id").to_list()
        assert [row.get("unique_name_key") for row in rows] == ["strasse", None]

    async def test_a_new_name_is_unique_again(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # When
        path = f"/api/products/{an_id(2)}"
        await client.patch(path, json={"name": "road"}, headers=SEEN)
        # Then
        row = await database["products"].find_one({"_id": ObjectId(an_id(2))})
        assert row
        assert (row["name_key"], row["unique_name_key"]) == ("road", "road")

    async def test_no_third_product_gets_the_name(self, client: httpx2.AsyncClient) -> None:
        assert (await create(client, "stra\u017fse")).status_code == 409

    async def test_finds_a_product_that_an_older_replica_stored(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        unset = {"name_key": "", "unique_name_key": ""}
        await database["products"].update_one({"name": "straße"}, {"$unset": unset})
        assert await found(client, "Straße") == [an_id(1)]
        assert (await create(client, "straße")).status_code == 409
