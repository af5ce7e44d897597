from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from prometheus_client import REGISTRY

from orders.dependencies import Services
from orders.models.comparison import IdRange
from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from orders.repositories.reconcile_progress import LastResult, Position
from orders.services import comparison as comparison_module
from orders.services.comparison import OrderComparison, ProductComparison
from orders.services.reconcile import ReconcileService
from shopkit.contract.events import OrderStatusUpdate
from shopkit.storage.database_identity import OtherDatabaseError
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = identity_of("aaa@aaa.com")


class FakeLeases:
    """Grants or refuses the lease."""

    def __init__(self) -> None:
        self.free = True
        self.acquired: list[str] = []

    async def acquire(self, job: str, _duration: timedelta, holder: str) -> bool:
        self.acquired.append(job)
        return self.free


class FakeProgress:
    """Keeps the progress in memory."""

    def __init__(self) -> None:
        self.due = True
        self.stored: Position | None = None
        self.positions: list[Position] = []
        self.result = LastResult({}, refused=False)

    async def is_due(self, _interval: timedelta) -> bool:
        return self.due

    async def position(self) -> Position | None:
        return self.stored

    async def last_result(self) -> LastResult:
        return self.result

    async def save(self, position: Position) -> None:
        self.stored = replace(position, found=dict(position.found))
        self.positions.append(self.stored)

    async def finish(self, found: Mapping[str, int]) -> None:
        self.stored, self.result = None, LastResult(dict(found), refused=False)

    async def refuse(self) -> None:
        self.result = replace(self.result, refused=True)


@pytest.fixture
def leases() -> FakeLeases:
    return FakeLeases()


@pytest.fixture
def progress() -> FakeProgress:
    return FakeProgress()


@pytest.fixture
def reconcile(
    database: Database,
    products: Any,
    pause: Any,
    transactions: FakeTransactions,
    progress: Any,
    leases: Any,
) -> ReconcileService:
    client: Any = products
    orders = OrderRepository(database)
    return ReconcileService(
        transactions=transactions,
        orders=orders,
        client=client,
        comparisons={
            "products": ProductComparison(ProjectionRepository(database), client),
            "orders": OrderComparison(orders, client),
        },
        progress=progress,
        leases=leases,
        interval=timedelta(hours=1),
        sleep=pause,
    )


def drift_metric(kind: str) -> float | None:
    return REGISTRY.get_sample_value("reconcile_drift", {"kind": kind})


async def settle(services: Services, order: Order, status: str) -> None:
    outcome = {"order_id": order.id, "status": status}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])


class TestReconcile:
    async def test_finds_nothing_and_compares_once_if_the_databases_agree(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: Any,
        reconcile: ReconcileService,
        pause: Any,
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
        self, know: Know, products: Any, reconcile: ReconcileService, pause: Any
    ) -> None:
        # Given
        await know(state(1), state(2, version=3), state(3, version=7), state(5, quantity=9))
        products.has(state(1), state(2, version=4), state(4), state(5))
        # When
        drift = await reconcile.reconcile()
        # Then
        known = {an_id(2): 3, an_id(3): 7, an_id(4): 0, an_id(5): 2}
        assert +drift.found == {"products": 4}
        assert products.resent == [known]
        assert pause.seconds == [5.0]

    async def test_ignores_differences_that_disappear_within_seconds(
        self, know: Know, products: Any, reconcile: ReconcileService, pause: Any
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
        self, know: Know, products: Any, reconcile: ReconcileService, pause: Any
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
        products: Any,
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
        assert +drift.found == {"unrecorded orders": 1}
        assert transactions.published_ids == [f"OrderCreate/{order.id}"]
        assert transactions.published[0].message == order.create_message()
        row = await database["outbox"].find_one({})
        assert row is not None
        assert row["unsent"] is True

    async def test_sends_a_confirmed_cancellation_again_if_its_decision_is_missing(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: Any,
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
        products: Any,
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
        ("status", "age_seconds", "lost"),
        [
            ("ACCEPTED", 601.0, True),
            ("REJECTED", 601.0, True),
            ("ACCEPTED", 600.0, False),
            ("CANCELLED", 10_000.0, False),
        ],
    )
    async def test_reports_decided_orders_unknown_for_ten_minutes_and_keeps_them(
        self,
        products: Any,
        reconcile: ReconcileService,
        status: str,
        age_seconds: float,
        lost: bool,
    ) -> None:
        # Given
        products.decides(an_id(7), status, age_seconds)
        # When
        report = await reconcile.reconcile()
        # Then
        assert +report.found == ({"orphaned orders": 1} if lost else {})
        assert report.lost == ([an_id(7)] if lost else [])
        assert products.cancelled == []

    async def test_cancels_at_most_ten_lost_orders_if_asked_to(
        self,
        services: Services,
        know: Know,
        place: Place,
        products: Any,
        reconcile: ReconcileService,
    ) -> None:
        # Given
        for number in range(12):
            products.decides(an_id(number), "ACCEPTED")
        # When
        report = await reconcile.reconcile(cancel_lost=True)
        # Then
        first = [an_id(number) for number in range(10)]
        assert (report.found["orphaned orders"], report.cancelled) == (12, first)
        assert products.cancelled == [first]

    async def test_does_not_cancel_an_order_that_has_come_back(
        self, products: Any, reconcile: ReconcileService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        products.decides(an_id(7), "ACCEPTED")

        async def find(_orders: OrderRepository, ids: list[str]) -> dict[str, object]:
            return dict.fromkeys(ids, object())

        monkeypatch.setattr(OrderRepository, "find_by_ids", find)
        # When
        report = await reconcile.reconcile(cancel_lost=True)
        # Then
        assert (report.cancelled, products.cancelled) == ([], [])

    async def test_sends_many_orders_again_in_transactions_of_at_most_500(
        self,
        database: Database,
        services: Services,
        know: Know,
        place: Place,
        reconcile: ReconcileService,
        transactions: FakeTransactions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        await know(state(1, quantity=1_000))
        order = await place({1: 1})
        await settle(services, order, "ACCEPTED")
        document = await database["orders"].find_one({})
        assert document
        copies = [{**document, "_id": ObjectId(an_id(number))} for number in range(1_200)]
        await database["orders"].insert_many(copies)
        sizes: list[int] = []
        run = transactions.run

        async def record_size(work: Callable[..., Awaitable[None]]) -> None:
            before = len(transactions.published)
            await run(work)
            sizes.append(len(transactions.published) - before)

        monkeypatch.setattr(transactions, "run", record_size)
        # When
        report = await reconcile.reconcile()
        # Then
        assert report.found["unrecorded orders"] == 1_201
        assert sizes == [500, 500, 201]

    async def test_reads_only_ranges_whose_digests_differ(
        self, know: Know, products: Any, reconcile: ReconcileService
    ) -> None:
        # Given: three ranges, of which the second differs.
        states = [state(number) for number in range(1_100)]
        await know(*states)
        products.has(*states)
        products.has(state(700, version=9))
        # When
        report = await reconcile.reconcile()
        # Then
        second = ("products", IdRange(an_id(499), an_id(999)))
        assert products.read_in_detail == [second, second]
        assert products.resent == [{an_id(700): 2}]
        assert +report.found == {"products": 1}

    async def test_compares_ranges_that_only_one_side_has(
        self, know: Know, products: Any, reconcile: ReconcileService
    ) -> None:
        # Given
        products.has(*(state(number) for number in range(1_100)))
        await know(*(state(number) for number in range(1_000, 2_300)))
        # When
        report = await reconcile.reconcile()
        # Then
        assert report.found["products"] == 1_000 + 1_200
        assert sum(map(len, products.resent)) == 2_200


class TestReconcileIfDue:
    async def test_waits_until_it_is_due(
        self, products: Any, progress: FakeProgress, reconcile: ReconcileService
    ) -> None:
        # Given
        progress.due = False
        products.has(state(1))
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert products.resent == []

    async def test_leaves_the_pass_to_the_replica_that_has_the_lease(
        self, products: Any, leases: FakeLeases, reconcile: ReconcileService
    ) -> None:
        # Given
        leases.free = False
        products.has(state(1))
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert products.resent == []

    async def test_shows_the_result_of_the_last_pass_of_any_replica(
        self, progress: FakeProgress, reconcile: ReconcileService
    ) -> None:
        # Given
        progress.due = False
        progress.result = LastResult({"products": 3}, refused=True)
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert drift_metric("products") == 3
        assert drift_metric("orphaned orders") == 0
        assert REGISTRY.get_sample_value("reconcile_refused") == 1

    async def test_refuses_another_database_before_it_compares(
        self,
        know: Know,
        products: Any,
        progress: FakeProgress,
        reconcile: ReconcileService,
    ) -> None:
        # Given
        products.refusal = OtherDatabaseError("another database")
        products.has(state(1))
        products.decides(an_id(7), "ACCEPTED")
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert (products.resent, products.cancelled, products.read_in_detail) == ([], [], [])
        assert progress.result.refused
        assert REGISTRY.get_sample_value("reconcile_refused") == 1

    async def test_rests_and_extends_its_lease_after_each_range(
        self,
        know: Know,
        products: Any,
        leases: FakeLeases,
        pause: Any,
        reconcile: ReconcileService,
    ) -> None:
        # Given: three ranges of products, and one of orders.
        states = [state(number) for number in range(1_100)]
        await know(*states)
        products.has(*states)
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert len(pause.seconds) == 4
        assert all(seconds > 0 for seconds in pause.seconds)
        assert leases.acquired == ["reconcile"] * 5

    async def test_stops_when_another_replica_has_taken_over(
        self,
        know: Know,
        products: Any,
        leases: FakeLeases,
        progress: FakeProgress,
        pause: Any,
        reconcile: ReconcileService,
    ) -> None:
        # Given
        products.has(state(1))

        async def lose_lease() -> None:
            leases.free = False

        pause.meanwhile = lose_lease
        # When
        await reconcile.reconcile_if_due()
        # Then
        assert (products.resent, progress.positions) == ([], [])

    async def test_continues_where_an_interrupted_pass_stopped(
        self,
        know: Know,
        products: Any,
        progress: FakeProgress,
        reconcile: ReconcileService,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given: one range in a section, and a difference in each of three ranges.
        monkeypatch.setattr(comparison_module, "SECTION", 1)
        states = [state(number) for number in range(1_100)]
        await know(*states)
        products.has(*states)
        products.has(*(state(number, version=9) for number in (3, 700, 1_050)))

        def fail(known: Mapping[str, int]) -> None:
            if an_id(700) in known:
                raise TimeoutError

        products.on_resend = fail
        with pytest.raises(TimeoutError):
            await reconcile.reconcile_if_due()
        assert progress.stored == Position("products", an_id(499), {"products": 1})
        # When
        products.on_resend = lambda _known: None
        products.resent.clear()
        await reconcile.reconcile_if_due()
        # Then
        assert products.resent == [{an_id(700): 2}, {an_id(1_050): 2}]
        assert progress.result == LastResult({"products": 3}, refused=False)
        assert progress.stored is None
