"""Which indexes the search for customers' orders uses, on a real database."""

import pytest
from bson import ObjectId

from orders.repositories.orders import CUSTOMERS
from shopkit.storage.mongo import Database

pytestmark = pytest.mark.mongod


async def test_a_migration_adds_keys_to_existing_orders_and_an_index(
    real_database: Database,
) -> None:
    # Given
    orders = real_database["orders"]
    emails = ["ada@example.com", *(f"{number}@shop.test" for number in range(400))]
    await orders.insert_many(
        [{"_id": ObjectId(), "client_email": email} for email in emails],
        bypass_document_validation=True,
    )
    # When
    for _ in range(2):
        await CUSTOMERS.migrate(orders, 150)
    # Then
    plan = await orders.find(CUSTOMERS.matching("example")).explain()
    statistics = plan["executionStats"]
    assert statistics["nReturned"] == 1
    assert statistics["totalDocsExamined"] == 1
    assert await orders.count_documents({"client_email_keys": None}) == 0
