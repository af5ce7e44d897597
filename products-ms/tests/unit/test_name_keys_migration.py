from typing import Any

import pytest
from bson import ObjectId
from structlog.testing import capture_logs

from products import migrations as module
from products.migrations import MIGRATIONS
from products.repositories import name_keys
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON, an_id

ADD_NAME_KEYS = next(step.apply for step in MIGRATIONS if step.name == "0006-name-keys")
NAMES = ["t\u0308est", "\u1e97est", "straße", "strasse", "STRASSE", "οδοσ", "spoon"]
KEYS = ["\u1e97est", "\u1e97est", "strasse", "strasse", "strasse", "οδοσ", "spoon"]
UNIQUE = [True, False, True, False, False, True, True]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def skip(*_: Any) -> None:
        """Skip schemas, which mongomock does not have."""

    monkeypatch.setattr(module, "_CHUNK", 2)
    monkeypatch.setattr("shopkit.storage.job_leases.ensure_collection", skip)


@pytest.fixture
async def database(any_database: Database) -> Database:
    for collection in ("products", "categories"):
        await any_database[collection].delete_many({})
        await any_database[collection].create_indexes(name_keys.INDEXES)
        await any_database[collection].insert_many(
            [document(number, name) for number, name in enumerate(NAMES, start=1)]
        )
    return any_database


def document(number: int, name: str) -> dict[str, Any]:
    """Return a product as the previous release stores it. It is a valid category as well."""
    return {
        "_id": ObjectId(an_id(number)),
        "name": name,
        "description": "",
        "price_cents": 1,
        "quantity": 1,
        "categories": [],
        "archived": False,
        "picture": None,
        "details_version": 1,
        "stock_version": 1,
        "created_at": NOON,
        "updated_at": NOON,
    }


class TestAddNameKeys:
    @pytest.mark.parametrize("collection", ["products", "categories"])
    async def test_the_oldest_of_equal_names_keeps_it_and_the_others_are_reported(
        self, database: Database, collection: str
    ) -> None:
        # When
        with capture_logs() as logs:
            await ADD_NAME_KEYS(database)
        # Then
        rows = await database[collection].find().sort("_id", 1).to_list()
        assert [row["name"] for row in rows] == NAMES
        assert [row["name_key"] for row in rows] == KEYS
        assert ["unique_name_key" in row for row in rows] == UNIQUE
        reported = [
            (log["id"], log["other_id"]) for log in logs if log.get("collection") == collection
        ]
        assert reported == [(an_id(2), an_id(1)), (an_id(4), an_id(3)), (an_id(5), an_id(3))]

    async def test_changes_nothing_the_second_time(self, database: Database) -> None:
        # Given
        await ADD_NAME_KEYS(database)
        before = await database["products"].find().to_list()
        # When
        with capture_logs() as logs:
            await ADD_NAME_KEYS(database)
        # Then
        assert await database["products"].find().to_list() == before
        assert logs == []
