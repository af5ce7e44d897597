from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from orders.services.reconcile import Drift, ReconcileService
from shopkit.contract.events import OrderStatus, OrderStatusUpdate, ProductState
from shopkit.contract.internal import DecidedOrder
from shopkit.identity import Identity, Role
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = Identity(email="aaa@aaa.com", role=Role.USER)


class FakeProducts:
    """Stands in for products-ms and records what was requested."""

    def __init__(self) -> None:
        self.states: dict[str, ProductState] = {}
        self.decided: dict[str, DecidedOrder] = {}
        self.resent: list[dict[str, int]] = []
        self.cancelled: list[list[str]] = []
        self.on_resend: Callable[[Mapping[str, int]], None] = lambda _known: None

    def has(self, *states: ProductState) -> None:
        self.states |= {state.id: state for state in states}

    def decides(self, order_id: str, status: str, age_seconds: float = 1_000.0) -> None:
        self.decided[order_id] = DecidedOrder(
            id=order_id, status=OrderStatus(status), age_seconds=age_seconds
        )

    async def products(self) -> AsyncIterator[tuple[str, ProductState]]:
        for pair in sorted(self.states.items()):
            yield pair

    async def decisions(self) -> AsyncIterator[tuple[str, DecidedOrder]]:
        for pair in sorted(self.decided.items()):
            yield pair

    async def resend(self, known: Mapping[str, int]) -> None:
        self.resent.append(dict(known))
        self.on_resend(known)

    async def cancel(self, order_ids: Sequence[str]) -> None:
        self.cancelled.append(list(order_ids))


class Pause:
    """Records pauses. Something may happen meanwhile."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile:
            await self.meanwhile()


@pytest.fixture
def products() -> FakeProducts:
    return FakeProducts()


@pytest.fixture
def pause() -> Pause:
    return Pause()


@pytest.fixture
def reconcile(
    database: Database,
    products: FakeProducts,
    pause: Pause,
    transactions: FakeTransactions,
) -> ReconcileService:
    double: Any = products
    return ReconcileService(
        transactions=transactions,
        orders=OrderRepository(database),
        projection=ProjectionRepository(database),
        client=double,
        sleep=pause,
    )


async def settle(services: Services, order: Order, status: str) -> None:
    outcome = {"order_id": order.id, "status": status}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])


class TestReconcile:
    async def test_finds_nothing_and_compares_once_if_the_databases_agree(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: FakeProducts,
        reconcile: ReconcileService,
        pause: Pause,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await know(state(1))
        products.has(state(1))
        order = await place({1: 1})
        await settle(services, order, "ACCEPTED")
        products.decides(order.id, "ACCEPTED")
        # When
        drift = await reconcile.reconcile()
        # Then
        assert drift.empty
        assert pause.seconds == []
        assert (products.resent, products.cancelled, transactions.published) == ([], [], [])

    async def test_requests_products_that_differ_or_are_missing(
        self, know: Know, products: FakeProducts, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1), state(2, version=3), state(3, version=7), state(5, quantity=9))
        products.has(state(1), state(2, version=4), state(4), state(5))
        # When
        drift = await reconcile.reconcile()
        # Then
        known = {an_id(2): 3, an_id(3): 7, an_id(4): 0, an_id(5): 2}
        assert drift.products == known
        assert products.resent == [known]
        assert pause.seconds == [5.0]

    async def test_ignores_differences_that_disappear_within_seconds(
        self, know: Know, products: FakeProducts, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1, version=3))
        products.has(state(1, version=4))

        async def arrive() -> None:
            await know(state(1, version=4))

        pause.meanwhile = arrive
        # When
        drift = await reconcile.reconcile()
        # Then
        assert drift.empty
        assert products.resent == []

    async def test_ignores_differences_that_change_within_seconds(
        self, know: Know, products: FakeProducts, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1, version=3))
        products.has(state(1, version=4))

        async def move_on() -> None:
            await know(state(1, version=4))
            products.has(state(1, version=5))

        pause.meanwhile = move_on
        # When / Then
        assert (await reconcile.reconcile()).empty

    @pytest.mark.parametrize("recorded", [None, "REJECTED", "CANCELLED"])
    async def test_sends_a_settled_order_again_if_its_decision_is_missing_or_different(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: FakeProducts,
        reconcile: ReconcileService,
        transactions: FakeTransactions,
        database: Database,
        recorded: str | None,
    ) -> None:
        # Given
        await know(state(1))
        products.has(state(1))
        order = await place({1: 1})
        await settle(services, order, "ACCEPTED")
        await database["outbox"].delete_many({})
        if recorded:
            products.decides(order.id, recorded)
        # When
        drift = await reconcile.reconcile()
        # Then
        assert list(drift.orders_without_decision) == [order.id]
        assert transactions.published_ids == [f"OrderCreate/{order.id}"]
        assert transactions.published[0].message == order.create_message()
        row = await database["outbox"].find_one({})
        assert row is not None
        assert (row["unsent"], row["kept"]) == (True, False)

    async def test_sends_a_confirmed_cancellation_again_if_its_decision_is_missing(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: FakeProducts,
        reconcile: ReconcileService,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await know(state(1))
        products.has(state(1))
        order = await place({1: 1})
        await services.orders.cancel(order.id, OWNER)
        await settle(services, order, "CANCELLED")
        transactions.published.clear()
        # When
        await reconcile.reconcile()
        # Then
        assert transactions.published_ids == [f"OrderCancel/{order.id}"]

    async def test_ignores_orders_that_await_an_answer(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: FakeProducts,
        reconcile: ReconcileService,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await know(state(1))
        products.has(state(1))
        await place({1: 1})
        cancelled = await place({1: 1})
        await services.orders.cancel(cancelled.id, OWNER)
        products.decides(cancelled.id, "ACCEPTED")
        transactions.published.clear()
        # When / Then
        assert (await reconcile.reconcile()).empty
        assert transactions.published == []

    @pytest.mark.parametrize(
        ("status", "age_seconds", "cancelled"),
        [
            ("ACCEPTED", 601.0, True),
            ("REJECTED", 601.0, True),
            ("ACCEPTED", 600.0, False),
            ("CANCELLED", 10_000.0, False),
        ],
    )
    async def test_returns_the_stock_of_decided_orders_unknown_for_ten_minutes(
        self,
        products: FakeProducts,
        reconcile: ReconcileService,
        status: str,
        age_seconds: float,
        cancelled: bool,
    ) -> None:
        # Given
        products.decides(an_id(7), status, age_seconds)
        # When
        await reconcile.reconcile()
        # Then
        assert products.cancelled == ([[an_id(7)]] if cancelled else [])


class TestDrift:
    def test_keeps_what_two_comparisons_found_in_the_same_way(self) -> None:
        # Given
        orphan = DecidedOrder(id=an_id(9), status=OrderStatus.ACCEPTED, age_seconds=700)
        older = orphan.model_copy(update={"age_seconds": 705})
        unrecorded: Any = object()
        first = Drift({"a": 1, "b": 2, "c": 3}, {"x": unrecorded}, {an_id(9): orphan})
        second = Drift(
            {"a": 1, "b": 3, "d": 4},
            {"x": unrecorded, "y": unrecorded},
            {an_id(9): older, an_id(8): older},
        )
        # When / Then
        assert first.lasting(second) == Drift({"a": 1}, {"x": unrecorded}, {an_id(9): older})
        assert not first.empty
        assert Drift({}, {}, {}).empty
