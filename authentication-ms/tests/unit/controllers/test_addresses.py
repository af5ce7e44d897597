from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from authentication.models.account import Account
from shopkit.storage.mongo import Database
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]

EMAIL = "ann@shop.com"
PATH = "/api/me/addresses"
HEADERS = caller_headers(EMAIL)
BERLIN: dict[str, Any] = {
    "name": "Ann",
    "company": "",
    "lines": ["Unter den Linden 1"],
    "postcode": "10117",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "phone": "+49 30 1234",
}


@pytest.fixture(autouse=True)
async def _accounts(add_account: AddAccount) -> None:
    await add_account()
    await add_account("bob@shop.com")


async def add(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    return await client.post(PATH, json=BERLIN | changes, headers=HEADERS)


async def defaults(client: httpx2.AsyncClient) -> list[tuple[str, bool]]:
    response = await client.get(PATH, headers=HEADERS)
    return [(item["name"], item["default"]) for item in response.json()["addresses"]]


class TestAdd:
    async def test_the_first_address_is_the_default(self, client: httpx2.AsyncClient) -> None:
        # When
        empty = await client.get(PATH, headers=HEADERS)
        first = await add(client)
        second = await add(client, name="Work")
        # Then
        assert empty.json() == {"addresses": []}
        assert first.status_code == 201
        assert first.json() == BERLIN | {"id": first.json()["id"], "default": True}
        assert second.json()["default"] is False
        listed = await client.get(PATH, headers=HEADERS)
        assert listed.json() == {"addresses": [first.json(), second.json()]}

    async def test_another_default_replaces_the_first(self, client: httpx2.AsyncClient) -> None:
        await add(client)

        await add(client, name="Work", default=True)

        assert await defaults(client) == [("Ann", False), ("Work", True)]

    async def test_an_account_has_at_most_20(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        statuses = [(await add(client)).status_code for _ in range(21)]

        assert statuses == [201] * 20 + [409]
        assert await database["addresses"].count_documents({}) == 20

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"postcode": "1011"}, "postcode"),
            ({"name": ""}, "name"),
            ({"name": "   "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"name": "Ann\r\nBcc: eve@evil.example"}, "name"),
            ({"lines": []}, "lines"),
            ({"lines": ["1", "2", "3", "4", "5"]}, "lines"),
            ({"lines": ["Street\n1"]}, "lines.0"),
            ({"country": "de"}, "country"),
            ({"country": "../../etc"}, "country"),
            ({"phone": "call me"}, "phone"),
        ],
    )
    async def test_refuses_an_invalid_field(
        self, client: httpx2.AsyncClient, database: Database, changes: dict[str, Any], field: str
    ) -> None:
        response = await add(client, **changes)

        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert await database["addresses"].count_documents({}) == 0


class TestChange:
    async def test_changes_only_what_the_request_names(self, client: httpx2.AsyncClient) -> None:
        # Given
        added = (await add(client)).json()
        # When
        path = f"{PATH}/{added['id']}"
        response = await client.patch(path, json={"postcode": "10115"}, headers=HEADERS)
        # Then
        assert response.json() == added | {"postcode": "10115"}
        listed = await client.get(PATH, headers=HEADERS)
        assert listed.json() == {"addresses": [response.json()]}

    async def test_checks_the_complete_address(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # Given
        added = (await add(client)).json()
        before = await database["addresses"].find_one({})
        # When
        path = f"{PATH}/{added['id']}"
        response = await client.patch(path, json={"country": "AT"}, headers=HEADERS)
        # Then
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["postcode"]
        assert await database["addresses"].find_one({}) == before

    async def test_makes_an_address_the_default(self, client: httpx2.AsyncClient) -> None:
        # Given
        await add(client)
        work = (await add(client, name="Work")).json()
        # When
        path = f"{PATH}/{work['id']}"
        response = await client.patch(path, json={"default": True}, headers=HEADERS)
        # Then
        assert response.json()["default"] is True
        assert await defaults(client) == [("Ann", False), ("Work", True)]


class TestDelete:
    async def test_the_oldest_address_becomes_the_default(self, client: httpx2.AsyncClient) -> None:
        # Given
        await add(client, name="Home")
        await add(client, name="Work")
        default = (await add(client, name="Club", default=True)).json()
        # When
        response = await client.delete(f"{PATH}/{default['id']}", headers=HEADERS)
        # Then
        assert response.status_code == 204
        assert await defaults(client) == [("Home", True), ("Work", False)]


class TestOthers:
    async def test_see_and_change_nothing(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        # Given
        added = (await add(client)).json()
        before = await database["addresses"].find().to_list()
        bob, path = caller_headers("bob@shop.com"), f"{PATH}/{added['id']}"
        # When
        listed = await client.get(PATH, headers=bob)
        changed = await client.patch(path, json={"name": "Bob"}, headers=bob)
        deleted = await client.delete(path, headers=bob)
        # Then
        assert listed.json() == {"addresses": []}
        assert (changed.status_code, deleted.status_code) == (404, 404)
        assert await database["addresses"].find().to_list() == before

    async def test_visitors_have_none(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get(PATH)).status_code == 401
        assert (await client.post(PATH, json=BERLIN)).status_code == 401

    async def test_a_deleted_account_adds_none(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        headers = caller_headers("gone@shop.com")

        response = await client.post(PATH, json=BERLIN, headers=headers)

        assert response.status_code == 401
        assert await database["addresses"].count_documents({}) == 0
