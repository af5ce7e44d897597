"""The lists of a shopper's orders on a real database: which orders they have, and which indexes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from orders.migrations import MIGRATIONS
from orders.models.order import HistoryEntry, Line, Order
from orders.models.query import OrderQuery
from orders.repositories import orders as module
from orders.repositories.orders import OrderRepository
from shopkit.contract.events import OrderStatus
from shopkit.storage.keyset import decode_cursor
from shopkit.storage.mongo import Database, Document
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.testing.proofs import account_id_of, identity_of

EMAIL = "müller@exämple.com"
SHOPPER, STRANGER = identity_of(EMAIL), identity_of("ann@shop.com")

pytestmark = pytest.mark.mongod


def an_order(number: int, email: str, *, is_old: bool) -> Order:
    at = NOON + timedelta(seconds=number // 3)
    return Order(
        id=an_id(number),
        email=email.encode().decode("latin-1") if is_old else email,
        account_id=None if is_old else account_id_of(email),
        lines=(Line(an_id(1), "spoon", 100, 1),),
        history=(HistoryEntry(OrderStatus.PENDING, at),),
        trace_context=TRACE_CONTEXT,
    )


@pytest.fixture
async def repository(real_database: Database) -> OrderRepository:
    """Orders of two shoppers. Every other one is as earlier releases stored it."""
    repository = OrderRepository(real_database)
    orders = [
        an_order(number, EMAIL if number % 4 < 2 else STRANGER.email, is_old=number % 2 == 0)
        for number in range(1, 41)
    ]
    await repository.insert(orders, session=None)
    await real_database["orders"].update_many({"account_id": None}, {"$unset": {"account_id": ""}})
    return repository


def stages(plan: Any) -> Iterator[Document]:
    """Yield the stages of a query plan."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for part in plan.values():
            yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)


async def explain(database: Database, query: Document, sort: list[tuple[str, int]]) -> list[str]:
    explained = await database.command(
        "explain",
        {"find": "orders", "filter": query, "sort": dict(sort), "limit": 21},
        verbosity="queryPlanner",
    )
    return [stage["stage"] for stage in stages(explained["queryPlanner"]["winningPlan"])]


@pytest.mark.parametrize("limit", [1, 3, 7, 20])
async def test_pages_contain_each_own_order_once_newest_first(
    repository: OrderRepository, limit: int
) -> None:
    # When
    found: list[str] = []
    cursor = None
    while True:
        page, cursor = await repository.page(OrderQuery(owner=SHOPPER), limit=limit, cursor=cursor)
        found += [order.id for order in page]
        if cursor is None:
            break
    # Then
    own = [number for number in range(1, 41) if number % 4 < 2]
    newest_first = sorted(own, key=lambda number: (number // 3, number), reverse=True)
    assert found == [an_id(number) for number in newest_first]


async def test_a_page_is_read_from_indexes_in_order(
    repository: OrderRepository, real_database: Database
) -> None:
    # Given
    newest = module._NEWEST
    _, cursor = await repository.page(OrderQuery(owner=SHOPPER), limit=5, cursor=None)
    assert cursor
    after = newest.after_in_ranges(decode_cursor(cursor, parts=2))
    owned = module._owned_by(SHOPPER)
    for query in ({"$or": owned}, {"$or": [{"$and": [part, after]} for part in owned]}):
        # When
        found = await explain(real_database, query, newest.sort)
        # Then
        assert "SORT_MERGE" in found
        assert not {"SORT", "COLLSCAN"} & set(found)


async def test_changed_orders_include_those_of_earlier_releases(
    repository: OrderRepository, real_database: Database
) -> None:
    # When
    found = await repository.find_changed(SHOPPER, NOON)
    # Then
    assert {order.id for order in found} == {an_id(n) for n in range(1, 41) if n % 4 < 2}
    changed = {"updated_at": {"$gte": NOON}}
    query = {"$or": [part | changed for part in module._owned_by(SHOPPER)]}
    used = await explain(real_database, query, [("updated_at", -1)])
    assert "SORT_MERGE" in used
    assert not {"SORT", "COLLSCAN"} & set(used)


async def test_no_index_holds_the_update_time_of_every_order_by_address(
    real_database: Database,
) -> None:
    # Given a database of the previous release
    orders = real_database["orders"]
    await orders.create_index([("client_email", 1), ("updated_at", -1)])
    # When the migration runs, and again after it was interrupted
    for _ in range(2):
        await dict(MIGRATIONS)["0011-update-times"](real_database)
    # Then
    indexes = await orders.index_information()
    keys = [("client_email", 1), ("updated_at", -1)]
    by_address = {name: index for name, index in indexes.items() if index["key"] == keys}
    assert by_address.keys() == {"changed_without_account_by_email"}
    assert by_address["changed_without_account_by_email"]["partialFilterExpression"] == {
        "account_id": None
    }


async def test_orders_without_an_account_are_found_by_an_index(
    repository: OrderRepository, real_database: Database
) -> None:
    # When
    found = await repository.find_without_account(100)
    used = await explain(real_database, module._WITHOUT_ACCOUNT, [])
    # Then
    assert set(found) == {an_id(number) for number in range(2, 41, 2)}
    assert "COLLSCAN" not in used
    # When they were sought without a result
    await repository.set_accounts(dict.fromkeys(found))
    # Then
    assert await repository.find_without_account(100) == {}
    row = await real_database["orders"].find_one({"_id": ObjectId(an_id(2))})
    assert row
    assert row["account_sought"] is True
