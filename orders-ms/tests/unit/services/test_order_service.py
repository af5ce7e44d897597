from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from bson import ObjectId
from prometheus_client import REGISTRY

from orders.dependencies import Services
from orders.errors import ConflictingOutcomeError, NotCancellableError, OrderNotFoundError
from orders.models.order import Order
from orders.models.query import OrderQuery
from orders.models.transitions import Act, cancel
from orders.repositories.orders import OrderRepository
from shopkit.contract.events import OrderStatusUpdate
from shopkit.identity import Identity, Role
from shopkit.messaging.envelope import Delivery
from shopkit.storage.keyset import InvalidCursorError, encode_cursor
from shopkit.storage.mongo import Database, Document, GuardMissedError
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, an_id, decided, delivery, state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = identity_of("aaa@aaa.com")
STRANGER = identity_of("bbb@bbb.com")
OWN = OrderQuery(owner=identity_of("aaa@aaa.com"))
ADMIN = identity_of("admin@aaa.com", Role.ADMIN)


def outcome(order: Order, status: str, **more: Any) -> Delivery[OrderStatusUpdate]:
    return delivery(
        OrderStatusUpdate.model_validate({"order_id": order.id, "status": status, **more})
    )


@pytest.fixture(autouse=True)
async def _shelf(know: Know) -> None:
    await know(state(1, quantity=1_000), state(2, quantity=1_000))


@pytest.fixture
def row_of(database: Database) -> Callable[[str], Awaitable[Document]]:
    async def row_of(event_id: str) -> Document:
        row = await database["outbox"].find_one({"_id": event_id})
        assert row is not None
        return row

    return row_of


@pytest.fixture
def document_of(database: Database) -> Callable[[Order], Awaitable[Document]]:
    async def document_of(order: Order) -> Document:
        document = await database["orders"].find_one({"_id": ObjectId(order.id)})
        assert document is not None
        return document

    return document_of


Publication = Callable[[str], Awaitable[Document]]
Stored = Callable[[Order], Awaitable[Document]]


class TestOrder:
    @pytest.mark.parametrize("caller", [OWNER, ADMIN])
    async def test_returns_the_order_to_its_owner_and_to_admins(
        self, services: Services, place: Place, caller: Identity
    ) -> None:
        order = await place({1: 1})
        assert await services.orders.get(order.id, caller) == order

    async def test_does_not_find_it_for_anyone_else(self, services: Services, place: Place) -> None:
        # Given
        order = await place({1: 1})
        # When
        with pytest.raises(OrderNotFoundError) as others:
            await services.orders.get(order.id, STRANGER)
        with pytest.raises(OrderNotFoundError) as unknown:
            await services.orders.get(an_id(77), STRANGER)
        # Then: the two look alike.
        assert str(others.value) == f"There is no order {order.id}."
        assert str(unknown.value) == f"There is no order {an_id(77)}."


class TestMeasure:
    async def test_shows_the_age_of_the_oldest_pending_order(
        self, services: Services, place: Place, clock: FakeClock
    ) -> None:
        # Given
        settled = await place({1: 1})
        clock.advance(minutes=1)
        await place({1: 1})
        clock.advance(minutes=1)
        await place({1: 1})
        await services.orders.settle([outcome(settled, "ACCEPTED")])
        clock.advance(minutes=1)
        # When
        await services.orders.measure()
        # Then
        assert REGISTRY.get_sample_value("orders_oldest_pending_seconds") == 120

    async def test_shows_zero_if_no_order_is_pending(
        self, services: Services, place: Place
    ) -> None:
        order = await place({1: 1})
        await services.orders.settle([outcome(order, "ACCEPTED")])
        await services.orders.measure()
        assert REGISTRY.get_sample_value("orders_oldest_pending_seconds") == 0


class TestSettled:
    async def test_orders_and_their_revenue_are_counted_once(
        self, services: Services, place: Place, clock: FakeClock
    ) -> None:
        def total(name: str, **labels: str) -> float:
            return REGISTRY.get_sample_value(name, labels) or 0.0

        def totals() -> list[float]:
            return [
                total("orders_settled_total", status="ACCEPTED"),
                total("orders_settled_total", status="REJECTED"),
                total("orders_revenue_cents_total"),
                total("order_settle_seconds_sum"),
            ]

        # Given
        before = totals()
        accepted, rejected = await place({1: 3}), await place({2: 1})
        clock.advance(seconds=2)
        outcomes = [outcome(accepted, "ACCEPTED"), outcome(rejected, "REJECTED")]
        # When
        await services.orders.settle(outcomes)
        await services.orders.settle(outcomes)
        # Then
        changes = [after - old for after, old in zip(totals(), before, strict=True)]
        assert changes == [1, 1, accepted.cost_cents, 4]


class TestPage:
    async def pages(self, services: Services, limit: int) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            page, cursor = await services.orders.page(OWN, limit=limit, cursor=cursor)
            pages.append([order.id for order in page])
            if cursor is None:
                return pages

    async def test_lists_a_shoppers_orders_newest_first(
        self, services: Services, place: Place, clock: FakeClock
    ) -> None:
        # Given
        placed = []
        for _ in range(3):
            placed.append((await place({1: 1})).id)
            await place({1: 1}, email="bbb@bbb.com")
            clock.advance(seconds=1)
        # When
        pages = await self.pages(services, 20)
        # Then
        assert pages == [placed[::-1]]

    @pytest.mark.parametrize("limit", [1, 2, 20])
    async def test_includes_orders_of_earlier_releases(
        self,
        services: Services,
        place: Place,
        clock: FakeClock,
        database: Database,
        limit: int,
    ) -> None:
        # Given
        placed = []
        for number in range(5):
            placed.append((await place({1: 1})).id)
            if number % 2:
                await database["orders"].update_one(
                    {"_id": ObjectId(placed[-1])}, {"$unset": {"account_id": ""}}
                )
            clock.advance(seconds=number % 2)
        # Then
        pages = await self.pages(services, limit)
        assert [order_id for page in pages for order_id in page] == placed[::-1]

    async def test_is_empty_if_there_are_no_orders(self, services: Services) -> None:
        assert await services.orders.page(
            OrderQuery(owner=identity_of("ccc@ccc.com")), limit=20, cursor=None
        ) == ([], None)

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
    async def test_pages_neither_skip_nor_repeat_orders_of_the_same_time(
        self, services: Services, place: Place, clock: FakeClock, limit: int
    ) -> None:
        # Given
        placed = [(await place({1: 1})).id for _ in range(3)]
        clock.advance(seconds=1)
        placed += [(await place({1: 1})).id for _ in range(3)]
        # When
        pages = await self.pages(services, limit)
        # Then
        assert list(chain(*pages)) == placed[::-1]
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1] != []

    async def test_a_cursor_keeps_its_position_while_orders_are_placed(
        self, services: Services, place: Place, clock: FakeClock
    ) -> None:
        # Given
        old = []
        for _ in range(4):
            old.append((await place({1: 1})).id)
            clock.advance(seconds=1)
        first, cursor = await services.orders.page(OWN, limit=2, cursor=None)
        # When
        await place({1: 1})
        rest, end = await services.orders.page(OWN, limit=2, cursor=cursor)
        # Then
        assert [order.id for order in first + rest] == old[::-1]
        assert end is None

    @pytest.mark.parametrize(
        "cursor",
        [
            "no",
            encode_cursor("a"),
            encode_cursor("noon", an_id(1)),
            encode_cursor(NOON.isoformat(), "x"),
            encode_cursor(NOON.isoformat(), an_id(1), "more"),
        ],
    )
    async def test_refuses_a_cursor_of_another_list(self, services: Services, cursor: str) -> None:
        with pytest.raises(InvalidCursorError):
            await services.orders.page(OWN, limit=2, cursor=cursor)


class TestCancel:
    @pytest.mark.parametrize("caller", [OWNER, ADMIN])
    async def test_cancels_and_publishes_the_cancellation(
        self,
        services: Services,
        place: Place,
        clock: FakeClock,
        transactions: FakeTransactions,
        row_of: Publication,
        document_of: Stored,
        caller: Identity,
    ) -> None:
        # Given
        order = await place({1: 2})
        clock.advance(minutes=1)
        # When
        cancelled = await services.orders.cancel(order.id, caller)
        # Then
        act = Act(caller.email, NOON + timedelta(minutes=1), "")
        assert cancelled == cancel(order, act)
        assert await services.orders.get(order.id, OWNER) == cancelled
        assert transactions.published_ids == [f"OrderCancel/{order.id}"]
        row = await row_of(f"OrderCancel/{order.id}")
        assert row["unsent"] is True
        assert (await document_of(order))["resend_at"] == NOON + timedelta(minutes=1, seconds=30)

    async def test_refuses_a_second_cancellation(
        self, services: Services, place: Place, database: Database, transactions: FakeTransactions
    ) -> None:
        # Given
        order = await place({1: 2})
        await services.orders.cancel(order.id, OWNER)
        transactions.published.clear()
        # When
        with pytest.raises(NotCancellableError):
            await services.orders.cancel(order.id, OWNER)
        # Then
        assert transactions.published == []
        assert await database["outbox"].count_documents({}) == 2

    @pytest.mark.parametrize("caller", [STRANGER])
    async def test_refuses_other_shoppers(
        self, services: Services, place: Place, transactions: FakeTransactions, caller: Identity
    ) -> None:
        # Given
        order = await place({1: 2})
        # When
        with pytest.raises(OrderNotFoundError):
            await services.orders.cancel(order.id, caller)
        # Then
        assert await services.orders.get(order.id, OWNER) == order
        assert transactions.published == []


class TestSettle:
    async def test_updates_orders_and_lets_their_messages_expire(
        self,
        services: Services,
        place: Place,
        document_of: Stored,
        clock: FakeClock,
    ) -> None:
        # Given
        one, two, three = [await place({1: 1, 2: 1}) for _ in range(3)]
        clock.advance(seconds=1)
        # When
        await services.orders.settle(
            [
                outcome(one, "ACCEPTED"),
                outcome(
                    two,
                    "REJECTED",
                    reason="Some items were unavailable.",
                    lines=[{"product_id": an_id(2), "reason": "None left."}],
                ),
            ]
        )
        # Then
        shown = [await services.orders.get(order.id, OWNER) for order in (one, two, three)]
        assert [order.status for order in shown] == ["ACCEPTED", "REJECTED", "PENDING"]
        assert [line.reason for line in shown[1].lines] == [None, "None left."]
        assert shown[0].changed_at == NOON + timedelta(seconds=1)
        documents = [await document_of(order) for order in (one, two, three)]
        assert ["resend_at" in document for document in documents] == [False, False, True]

    async def test_a_repeated_outcome_changes_nothing(
        self, services: Services, place: Place, clock: FakeClock, document_of: Stored
    ) -> None:
        # Given
        order = await place({1: 1})
        accepted = outcome(order, "ACCEPTED")
        await services.orders.settle([accepted, accepted])
        before = await document_of(order)
        clock.advance(hours=1)
        # When
        await services.orders.settle([accepted])
        # Then
        assert await document_of(order) == before

    async def test_confirms_a_cancellation(
        self, services: Services, place: Place, document_of: Stored
    ) -> None:
        # Given
        order = await place({1: 1})
        await services.orders.cancel(order.id, OWNER)
        # When
        await services.orders.settle([outcome(order, "ACCEPTED"), outcome(order, "CANCELLED")])
        # Then
        document = await document_of(order)
        assert (document["status"], document["cancel_confirmed"]) == ("CANCELLED", True)
        assert "resend_at" not in document

    async def test_a_decision_after_a_cancellation_changes_nothing(
        self, services: Services, place: Place, document_of: Stored
    ) -> None:
        # Given
        order = await place({1: 1})
        await services.orders.cancel(order.id, OWNER)
        before = await document_of(order)
        # When
        await services.orders.settle([outcome(order, "ACCEPTED")])
        # Then
        assert await document_of(order) == before

    async def test_applies_outcomes_of_one_order_in_their_order(
        self, services: Services, place: Place
    ) -> None:
        # Given
        order = await place({1: 1})
        # When
        await services.orders.settle([outcome(order, "ACCEPTED"), outcome(order, "CANCELLED")])
        # Then
        shown = await services.orders.get(order.id, OWNER)
        assert [step.status for step in shown.history] == ["PENDING", "ACCEPTED", "CANCELLED"]
        assert shown.cancel_confirmed

    async def test_a_conflicting_outcome_fails_the_batch_and_stores_nothing(
        self, services: Services, place: Place
    ) -> None:
        # Given
        one, two = await place({1: 1}), await place({1: 1})
        await services.orders.settle([outcome(one, "ACCEPTED")])
        # When
        with pytest.raises(ConflictingOutcomeError):
            await services.orders.settle([outcome(two, "ACCEPTED"), outcome(one, "REJECTED")])
        # Then
        assert (await services.orders.get(one.id, OWNER)).status == "ACCEPTED"
        assert (await services.orders.get(two.id, OWNER)).status == "PENDING"

    async def test_ignores_an_unknown_order(
        self, services: Services, place: Place, database: Database
    ) -> None:
        # Given
        order = await place({1: 1})
        # When
        await services.orders.settle([decided(77, "ACCEPTED"), outcome(order, "ACCEPTED")])
        # Then
        assert (await services.orders.get(order.id, OWNER)).status == "ACCEPTED"
        assert await database["orders"].count_documents({}) == 1


class TestUpdate:
    async def test_does_not_overwrite_a_status_that_changed_meanwhile(
        self, services: Services, place: Place, database: Database
    ) -> None:
        # Given
        order = await place({1: 1})
        await services.orders.settle([outcome(order, "REJECTED")])
        # When
        with pytest.raises(GuardMissedError, match="0 of 1 orders"):
            await OrderRepository(database).update([(order, order.cancelled(NOON))], session=None)
        # Then
        assert (await services.orders.get(order.id, OWNER)).status == "REJECTED"
