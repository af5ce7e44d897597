import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from orders.dependencies import Services
from orders.errors import InsufficientStockError, UnknownProductsError
from orders.models.order import HistoryEntry, Line
from orders.models.placement import RequestedLine, RequestedOrder
from orders.repositories.orders import OrderRepository
from orders.services.intake import PlacedOrder
from shopkit.contract.events import OrderStatus
from shopkit.storage.idempotency import KeyReusedError, key_id
from shopkit.storage.mongo import Database, Document, GuardMissedError
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id, decided, state
from shopkit.testing.proofs import account_id_of, identity_of
from shopkit.tracing import context

Know = Callable[..., Awaitable[None]]


def wanted(
    number: int, quantity: int = 1, *, key: str | None = None, email: str = "aaa@aaa.com"
) -> RequestedOrder:
    return RequestedOrder(
        identity_of(email), (RequestedLine(quantity=quantity, product_id=an_id(number)),), key
    )


class Stored:
    """How many documents there are of each kind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self) -> tuple[int, int, int]:
        """Return the numbers of orders, keys and events. Each key is stored under two ids."""
        names = ("orders", "idempotency_keys", "outbox")
        one, two, three = [await self._database[name].count_documents({}) for name in names]
        return one, two // 2, three

    async def all(self, collection: str) -> list[Document]:
        return await self._database[collection].find({}).to_list()

    async def only(self, collection: str) -> Document:
        (row,) = await self.all(collection)
        return row


@pytest.fixture
def stored(database: Database) -> Stored:
    return Stored(database)


@pytest.fixture(autouse=True)
async def _shelf(know: Know) -> None:
    await know(state(1, name="spoon", price_cents=599, quantity=10), state(2, quantity=0))


class TestPlace:
    async def test_stores_the_order_its_key_and_its_event(
        self, services: Services, stored: Stored, transactions: FakeTransactions
    ) -> None:
        # Given
        context.activate(TRACE_CONTEXT)
        # When
        placed = await services.intake.place(wanted(1, 2, key="key-1"))
        # Then
        order = placed.order
        assert not placed.replayed
        assert order.history == (HistoryEntry(OrderStatus.PENDING, NOON),)
        assert order.lines == (Line(an_id(1), "spoon", 599, 2),)
        assert (order.email, order.trace_context) == ("aaa@aaa.com", TRACE_CONTEXT)
        assert await stored.counts() == (1, 1, 1)
        assert [row["_id"] for row in await stored.all("idempotency_keys")] == [
            key_id(account_id_of("aaa@aaa.com"), "key-1"),
            key_id("aaa@aaa.com", "key-1"),
        ]
        row = await stored.only("outbox")
        assert (row["_id"], row["unsent"]) == (f"OrderCreate/{order.id}", True)
        assert transactions.published_ids == [f"OrderCreate/{order.id}"]
        document = await stored.only("orders")
        assert (document["status"], document["cost_cents"]) == ("PENDING", 1_198)
        assert await services.orders.get(order.id, identity_of("aaa@aaa.com")) == order

    async def test_stores_no_key_if_the_request_has_none(
        self, services: Services, stored: Stored
    ) -> None:
        await services.intake.place(wanted(1))
        assert await stored.counts() == (1, 0, 1)

    @pytest.mark.parametrize(
        ("number", "kind"), [(77, UnknownProductsError), (2, InsufficientStockError)]
    )
    async def test_stores_nothing_of_a_refused_order(
        self,
        services: Services,
        stored: Stored,
        transactions: FakeTransactions,
        number: int,
        kind: type[Exception],
    ) -> None:
        with pytest.raises(kind):
            await services.intake.place(wanted(number, key="key-1"))
        assert await stored.counts() == (0, 0, 0)
        assert transactions.published == []

    async def test_checks_concurrent_orders_separately(
        self, services: Services, stored: Stored, transactions: FakeTransactions
    ) -> None:
        # When
        results = await asyncio.gather(
            *(services.intake.place(wanted(number)) for number in (1, 2, 1, 77)),
            return_exceptions=True,
        )
        # Then
        assert [type(result) for result in results] == [
            PlacedOrder,
            InsufficientStockError,
            PlacedOrder,
            UnknownProductsError,
        ]
        assert await stored.counts() == (2, 0, 2)
        assert len(transactions.published) == 2


class TestIdempotency:
    async def test_the_same_key_and_order_replay_the_first_result(
        self, services: Services, stored: Stored, transactions: FakeTransactions
    ) -> None:
        # Given
        first = await services.intake.place(wanted(1, 2, key="key-1"))
        transactions.published.clear()
        # When
        second = await services.intake.place(wanted(1, 2, key="key-1"))
        # Then
        assert second == PlacedOrder(first.order, replayed=True)
        assert await stored.counts() == (1, 1, 1)
        assert transactions.published == []

    async def test_a_replay_returns_the_order_as_placed_without_checks(
        self, services: Services, know: Know, clock: FakeClock
    ) -> None:
        # Given
        first = await services.intake.place(wanted(1, 2, key="key-1"))
        outcome = decided(0, "REJECTED", reason="no").event.model_copy(
            update={"order_id": first.order.id}
        )
        delivery = decided(0, "REJECTED")
        await services.orders.settle([type(delivery)(outcome, TRACE_CONTEXT, NOON)])
        await know(state(1, archived=True, quantity=0, price_cents=1, version=9))
        clock.advance(days=400)
        # When
        second = await services.intake.place(wanted(1, 2, key="key-1"))
        # Then
        assert second == PlacedOrder(first.order, replayed=True)

    @pytest.mark.parametrize("number", [1, 77])
    async def test_refuses_the_same_key_with_another_order(
        self, services: Services, stored: Stored, number: int
    ) -> None:
        # Given
        await services.intake.place(wanted(1, 2, key="key-1"))
        # When
        with pytest.raises(KeyReusedError) as raised:
            await services.intake.place(wanted(number, 3, key="key-1"))
        # Then
        assert raised.value.key == "key-1"
        assert await stored.counts() == (1, 1, 1)

    async def test_finds_keys_of_earlier_releases(
        self, services: Services, stored: Stored, database: Database
    ) -> None:
        # Given
        first = await services.intake.place(wanted(1, key="key-1", email="müller@exämple.com"))
        old_id = key_id("müller@exämple.com".encode().decode("latin-1"), "key-1")
        await database["idempotency_keys"].delete_many({"_id": {"$ne": old_id}})
        # When
        second = await services.intake.place(wanted(1, key="key-1", email="müller@exämple.com"))
        # Then
        assert second.replayed
        assert second.order.id == first.order.id
        assert len(await stored.all("orders")) == 1

    async def test_a_key_belongs_to_its_caller(self, services: Services, stored: Stored) -> None:
        # Given
        first = await services.intake.place(wanted(1, key="key-1"))
        # When
        other = await services.intake.place(wanted(1, key="key-1", email="bbb@bbb.com"))
        # Then
        assert not other.replayed
        assert other.order.id != first.order.id
        assert await stored.counts() == (2, 2, 2)

    async def test_a_refused_order_can_be_retried_with_its_key(
        self, services: Services, know: Know, stored: Stored
    ) -> None:
        # Given
        with pytest.raises(InsufficientStockError):
            await services.intake.place(wanted(2, key="key-1"))
        await know(state(2, quantity=5, version=9))
        # When
        placed = await services.intake.place(wanted(2, key="key-1"))
        # Then
        assert not placed.replayed
        assert await stored.counts() == (1, 1, 1)

    async def test_concurrent_requests_with_one_key_make_one_order(
        self, services: Services, stored: Stored, transactions: FakeTransactions
    ) -> None:
        # When
        results = await asyncio.gather(
            *(services.intake.place(wanted(1, key="key-1")) for _ in range(5)),
            services.intake.place(wanted(1, 3, key="key-1")),
            return_exceptions=True,
        )
        # Then
        assert [result.replayed for result in results[:5] if isinstance(result, PlacedOrder)] == [
            False,
            *[True] * 4,
        ]
        assert isinstance(results[5], KeyReusedError)
        assert await stored.counts() == (1, 1, 1)
        assert len(transactions.published) == 1


class TestBrokenBatch:
    async def failing(
        self, services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, quantity: int
    ) -> None:
        insert = OrderRepository.insert

        async def fail(repository: OrderRepository, orders: Sequence[Any], *, session: Any) -> None:
            if any(line.quantity == quantity for order in orders for line in order.lines):
                raise error
            await insert(repository, orders, session=session)

        monkeypatch.setattr(OrderRepository, "insert", fail)

    async def test_an_order_that_breaks_the_transaction_does_not_fail_the_others(
        self,
        services: Services,
        monkeypatch: pytest.MonkeyPatch,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await self.failing(services, monkeypatch, ValueError("breaks it"), quantity=3)
        # When
        results = await asyncio.gather(
            *(services.intake.place(wanted(1, quantity)) for quantity in (1, 3, 2)),
            return_exceptions=True,
        )
        # Then
        assert [type(result) for result in results] == [PlacedOrder, ValueError, PlacedOrder]
        assert len(transactions.published) == 2

    async def test_a_temporary_error_fails_the_whole_batch_at_once(
        self, services: Services, monkeypatch: pytest.MonkeyPatch, transactions: FakeTransactions
    ) -> None:
        # Given
        await self.failing(services, monkeypatch, GuardMissedError("later"), quantity=3)
        # When
        results = await asyncio.gather(
            *(services.intake.place(wanted(1, quantity)) for quantity in (1, 3)),
            return_exceptions=True,
        )
        # Then
        assert [type(result) for result in results] == [GuardMissedError] * 2
        assert transactions.published == []


class TestDrain:
    async def test_waits_for_submitted_orders(self, services: Services, stored: Stored) -> None:
        # Given
        placing = asyncio.create_task(services.intake.place(wanted(1)))
        await asyncio.sleep(0)
        # When
        await services.intake.drain()
        # Then
        assert await stored.counts() == (1, 0, 1)
        await placing
