"""Which indexes the search for customers' orders uses, on a real database."""

from datetime import timedelta

import pytest
from bson import ObjectId

from orders.repositories.order_documents import CUSTOMERS
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON

pytestmark = pytest.mark.mongod

ORDERS = 3_000
PAGE = 21


@pytest.fixture(autouse=True)
async def _orders(real_database: Database) -> None:
    """Orders of the previous release, whose customers have no keys. Three are of one company."""
    emails = [f"{number}@shop.test" for number in range(ORDERS)]
    emails[500::1_000] = [f"{name}@example.com" for name in ("ada", "ben", "eve")]
    rows = [
        {
            "_id": ObjectId(),
            "client_email": email,
            "status": "ACCEPTED",
            "cost_cents": 100,
            "products": [{}],
            "history": [{}],
            "created_at": NOON + timedelta(seconds=number),
            "changed_at": NOON,
            "cancel_confirmed": False,
        }
        for number, email in enumerate(emails)
    ]
    await real_database["orders"].insert_many(rows)
    for _ in range(2):
        await CUSTOMERS.migrate(real_database["orders"], 700)


async def test_a_migration_adds_all_keys(real_database: Database) -> None:
    assert await real_database["orders"].count_documents({"client_email_keys": None}) == 0


@pytest.mark.parametrize(("text", "expected"), [("example", 3), ("ben@", 1), ("nobody", 0)])
async def test_reads_only_the_matching_orders_if_they_are_few(
    real_database: Database, text: str, expected: int
) -> None:
    orders = real_database["orders"].find(CUSTOMERS.matching(text))
    plan = await orders.sort([("created_at", -1), ("_id", -1)]).limit(PAGE).explain()
    statistics = plan["executionStats"]
    assert statistics["nReturned"] == expected
    assert statistics["totalDocsExamined"] == expected


async def test_reads_little_more_than_a_page_if_they_are_many(real_database: Database) -> None:
    orders = real_database["orders"].find(CUSTOMERS.matching("shop"))
    plan = await orders.sort([("created_at", -1), ("_id", -1)]).limit(PAGE).explain()
    statistics = plan["executionStats"]
    assert statistics["nReturned"] == PAGE
    assert statistics["totalDocsExamined"] <= 2 * PAGE
