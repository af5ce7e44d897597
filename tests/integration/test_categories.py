"""What admins do to categories, over HTTP, on a real database."""

import asyncio
from contextlib import AsyncExitStack

import httpx2
import pytest
from bson import ObjectId
from tests.integration.shop import Place, Shop, eventually, find_one

from products.models.product import Category, Product
from products.repositories.products import document_of
from shopkit.testing.deliveries import NOON, an_id

COUNT = 4_000
SOLD = 5
ORDERS = 100


@pytest.fixture
async def kitchen(client: httpx2.AsyncClient) -> Category:
    response = await client.post("/api/categories", json={"name": "Kitchen"})
    return Category(**response.json())


def in_category(number: int, category: Category) -> Product:
    return Product(
        id=an_id(number),
        name=f"product {number}",
        description="of steel, with a wooden handle",
        price_cents=100,
        quantity=1_000,
        categories=(category,),
        archived=False,
        picture=None,
        details_version=1,
        stock_version=1,
        created_at=NOON,
        updated_at=NOON,
    )


async def rename(client: httpx2.AsyncClient, category: Category, name: str) -> httpx2.Response:
    return await client.patch(f"/api/categories/{category.id}", json={"name": name})


async def total(client: httpx2.AsyncClient, **query: str) -> int:
    found: int = (await client.get("/api/products", params=query)).json()["total"]
    return found


class TestRename:
    async def test_takes_as_long_for_4000_products_as_for_one_while_others_buy(
        self,
        shop: Shop,
        client: httpx2.AsyncClient,
        kitchen: Category,
        place: Place,
        running: AsyncExitStack,
    ) -> None:
        # Given
        products = [in_category(number, kitchen) for number in range(1, COUNT + 1)]
        await shop.products_db["products"].insert_many(map(document_of, products))
        await shop.know(*products)
        await shop.run_products(running)
        await shop.run_orders(running)
        tag = (await client.get(f"/api/products/{an_id(COUNT)}")).headers["etag"]

        async def buy() -> None:
            for number in range(ORDERS):
                await place({number % SOLD + 1: 1})

        # When
        buying = asyncio.create_task(buy())
        response = await rename(client, kitchen, "Cookery")
        renewed = await shop.products_db["products"].count_documents({"terms": "cookery"})
        # Then
        assert (response.status_code, response.json()["name"]) == (200, "cookery")
        assert renewed < COUNT, "the request must leave the products to the job"
        seen = await client.get(f"/api/products/{an_id(COUNT)}")
        assert (tag, seen.headers["etag"]) == ('"1.1"', '"1.1.1"')
        assert seen.json()["categories"] == ["cookery"]
        assert await total(client, categoryName="cookery") == 1_000

        async def refreshed() -> bool:
            category = await find_one(shop.products_db["categories"])
            return "outdated" not in category

        await eventually(refreshed, 60, "refreshed")
        assert await shop.products_db["products"].count_documents({"terms": "cookery"}) == COUNT
        assert await total(client, q="kitchen") == 0
        await buying
        await shop.settled(60)
        assert await shop.statuses() == {"ACCEPTED": ORDERS}
        stock = await shop.stock()
        assert [stock[f"product {number}"] for number in range(1, SOLD + 1)] == [980] * SOLD

    async def test_renames_of_one_category_at_the_same_time_all_end(
        self, shop: Shop, client: httpx2.AsyncClient, kitchen: Category, running: AsyncExitStack
    ) -> None:
        # Given
        products = [in_category(number, kitchen) for number in range(1, 201)]
        await shop.products_db["products"].insert_many(map(document_of, products))
        for _ in range(2):
            await shop.run_products(running)
        # When
        names = [f"name {number}" for number in range(10)]
        responses = await asyncio.gather(*(rename(client, kitchen, name) for name in names))
        # Then
        assert {response.status_code for response in responses} == {200}
        [current] = (await client.get("/api/categories")).json()["categories"]

        async def refreshed() -> bool:
            category = await find_one(shop.products_db["categories"])
            return "outdated" not in category

        await eventually(refreshed, 30, "refreshed")
        rows = await shop.products_db["products"].find({}, {"categories": 1}).to_list()
        assert {row["categories"][0]["name"] for row in rows} == {current["name"]}
        assert {row["categories"][0]["version"] for row in rows} == {10}

    async def test_no_two_categories_get_spellings_of_one_name_at_the_same_time(
        self, shop: Shop, client: httpx2.AsyncClient
    ) -> None:
        names = ["straße", "STRASSE", "stra\u017fse", "stras\u034fse"]
        responses = await asyncio.gather(
            *(client.post("/api/categories", json={"name": name}) for name in names)
        )
        assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]
        assert len((await client.get("/api/categories")).json()["categories"]) == 1


class TestIndexes:
    @pytest.mark.parametrize(
        "query",
        [
            {"name_key": "spoon"},
            {"$or": [{"name_key": {"$in": ["spoon"]}}, {"name": {"$in": ["spoon"]}}]},
            {"name_key": None},
            {
                "categories": {"$elemMatch": {"_id": ObjectId(an_id(1)), "version": {"$ne": 2}}},
                "categories.0": {"$exists": True},
                "_id": {"$gt": ObjectId(an_id(1))},
            },
        ],
    )
    async def test_every_new_query_reads_an_index_in_its_order(
        self, shop: Shop, query: dict[str, object]
    ) -> None:
        # When
        rows = shop.products_db["products"].find(query)
        plan = await rows.sort("_id", 1).limit(1).explain()
        # Then
        stages = str(plan["queryPlanner"]["winningPlan"])
        assert "IXSCAN" in stages
        assert "COLLSCAN" not in stages


class TestDelete:
    async def test_refuses_to_delete_a_category_in_use(
        self, shop: Shop, client: httpx2.AsyncClient, kitchen: Category
    ) -> None:
        # Given
        garden = (await client.post("/api/categories", json={"name": "garden"})).json()
        await shop.products_db["products"].insert_one(document_of(in_category(1, kitchen)))
        await client.delete(f"/api/products/{an_id(1)}", headers={"If-Match": '"1.1"'})
        # When
        used = await client.delete(f"/api/categories/{kitchen.id}")
        free = await client.delete(f"/api/categories/{garden['id']}")
        # Then
        assert (used.status_code, used.json()["type"]) == (409, "/problems/category-in-use")
        assert free.status_code == 204
        names = (await client.get("/api/categories")).json()["categories"]
        assert names == [{"id": kitchen.id, "name": "kitchen"}]

    async def test_no_product_keeps_a_category_that_is_deleted_concurrently(
        self, shop: Shop, client: httpx2.AsyncClient
    ) -> None:
        for number in range(10):
            # Given
            name = f"brief {number}"
            added = await client.post("/api/categories", json={"name": name})
            new = {
                "name": f"brief thing {number}",
                "description": "",
                "price": 1,
                "quantity": 1,
                "categories": [name],
            }
            # When
            created, deleted = await asyncio.gather(
                client.post("/api/products", json={"product": new}),
                client.delete(f"/api/categories/{added.json()['id']}"),
            )
            # Then
            assert (created.status_code, deleted.status_code) in {(201, 409), (404, 204)}
