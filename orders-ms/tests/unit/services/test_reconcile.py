from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from orders.dependencies import Services
from orders.errors import ProjectionDiffersError
from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import BESIDE, ProjectionRepository
from orders.services import rebuild as rebuild_module
from orders.services.rebuild import RebuildService
from orders.services.reconcile import Drift, ReconcileService
from shopkit.contract.events import OrderStatus, OrderStatusUpdate, ProductState, ProductUpdate
from shopkit.contract.internal import DecidedOrder
from shopkit.identity import Identity, Role
from shopkit.messaging.envelope import Delivery
from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import HandedOver
from shopkit.testing.deliveries import an_id, delivery, state

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = Identity(email="aaa@aaa.com", role=Role.USER)


class Remote:
    """Stands in for products-ms, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.states: dict[str, ProductState] = {}
        self.decided: dict[str, DecidedOrder] = {}
        self.resent: list[dict[str, int]] = []
        self.cancelled: list[list[str]] = []
        self.on_resend: Callable[[Mapping[str, int]], None] = lambda _known: None

    def has(self, *states: ProductState) -> None:
        self.states |= {one.id: one for one in states}

    def decides(self, order_id: str, status: str, age_seconds: float = 1_000.0) -> None:
        self.decided[order_id] = DecidedOrder(
            id=order_id, status=OrderStatus(status), age_seconds=age_seconds
        )

    async def products(self) -> AsyncIterator[tuple[str, ProductState]]:
        for pair in sorted(self.states.items()):
            yield pair

    async def orders(self) -> AsyncIterator[tuple[str, DecidedOrder]]:
        for pair in sorted(self.decided.items()):
            yield pair

    async def resend(self, known: Mapping[str, int]) -> None:
        self.resent.append(dict(known))
        self.on_resend(known)

    async def cancel(self, order_ids: Sequence[str]) -> None:
        self.cancelled.append(list(order_ids))


class Pause:
    """Something may happen while the comparison waits."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile:
            await self.meanwhile()


@pytest.fixture
def remote() -> Remote:
    return Remote()


@pytest.fixture
def pause() -> Pause:
    return Pause()


@pytest.fixture
def reconcile(
    database: Database, remote: Remote, pause: Pause, handed_over: HandedOver, clock: FakeClock
) -> ReconcileService:
    double: Any = remote
    return ReconcileService(
        transactions=FakeTransactions(),
        orders=OrderRepository(database),
        projection=ProjectionRepository(database),
        remote=double,
        outbox=Outbox(database, clock),
        hand_over=handed_over,
        sleep=pause,
    )


async def settle(services: Services, order: Order, status: str) -> None:
    outcome = {"order_id": order.id, "status": status}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])


class TestReconcile:
    async def test_finds_nothing_and_asks_once_where_both_agree(
        self,
        services: Services,
        know: Know,
        place: Place,
        remote: Remote,
        reconcile: ReconcileService,
        pause: Pause,
        handed_over: HandedOver,
    ) -> None:
        # Given
        await know(state(1))
        remote.has(state(1))
        order = await place({1: 1})
        await settle(services, order, "ACCEPTED")
        remote.decides(order.id, "ACCEPTED")
        # When
        drift = await reconcile.reconcile()
        # Then
        assert drift.empty
        assert pause.seconds == []
        assert (remote.resent, remote.cancelled, handed_over) == ([], [], [])

    async def test_has_products_sent_again_that_differ_or_that_one_side_lacks(
        self, know: Know, remote: Remote, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1), state(2, version=3), state(3, version=7), state(5, quantity=9))
        remote.has(state(1), state(2, version=4), state(4), state(5))
        # When
        drift = await reconcile.reconcile()
        # Then
        known = {an_id(2): 3, an_id(3): 7, an_id(4): 0, an_id(5): 2}
        assert drift.products == known
        assert remote.resent == [known]
        assert pause.seconds == [5.0]

    async def test_what_agrees_a_few_seconds_later_was_only_on_its_way(
        self, know: Know, remote: Remote, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1, version=3))
        remote.has(state(1, version=4))

        async def arrive() -> None:
            await know(state(1, version=4))

        pause.meanwhile = arrive
        # When
        drift = await reconcile.reconcile()
        # Then
        assert drift.empty
        assert remote.resent == []

    async def test_what_differs_in_another_way_a_few_seconds_later_is_no_drift_yet(
        self, know: Know, remote: Remote, reconcile: ReconcileService, pause: Pause
    ) -> None:
        # Given
        await know(state(1, version=3))
        remote.has(state(1, version=4))

        async def move_on() -> None:
            await know(state(1, version=4))
            remote.has(state(1, version=5))

        pause.meanwhile = move_on
        # When / Then
        assert (await reconcile.reconcile()).empty

    @pytest.mark.parametrize("recorded", [None, "REJECTED", "CANCELLED"])
    async def test_asks_again_about_a_settled_order_that_is_recorded_otherwise_or_not_at_all(
        self,
        services: Services,
        know: Know,
        place: Place,
        remote: Remote,
        reconcile: ReconcileService,
        handed_over: HandedOver,
        database: Database,
        recorded: str | None,
    ) -> None:
        # Given
        await know(state(1))
        remote.has(state(1))
        order = await place({1: 1})
        await settle(services, order, "ACCEPTED")
        await database["outbox"].delete_many({})
        if recorded:
            remote.decides(order.id, recorded)
        # When
        drift = await reconcile.reconcile()
        # Then
        assert list(drift.unrecorded) == [order.id]
        assert handed_over.ids == [f"OrderCreate/{order.id}"]
        assert handed_over[0].message == order.create_message()
        row = await database["outbox"].find_one({})
        assert row is not None
        assert (row["unsent"], row["kept"]) == (True, False)

    async def test_asks_for_a_confirmed_cancellation_that_is_not_recorded_by_the_cancellation(
        self,
        services: Services,
        know: Know,
        place: Place,
        remote: Remote,
        reconcile: ReconcileService,
        handed_over: HandedOver,
    ) -> None:
        # Given
        await know(state(1))
        remote.has(state(1))
        order = await place({1: 1})
        await services.orders.cancel(order.id, OWNER)
        await settle(services, order, "CANCELLED")
        handed_over.clear()
        # When
        await reconcile.reconcile()
        # Then
        assert handed_over.ids == [f"OrderCancel/{order.id}"]

    async def test_leaves_an_order_to_the_resending_that_is_not_answered_yet(
        self,
        services: Services,
        know: Know,
        place: Place,
        remote: Remote,
        reconcile: ReconcileService,
        handed_over: HandedOver,
    ) -> None:
        # Given
        await know(state(1))
        remote.has(state(1))
        await place({1: 1})
        cancelled = await place({1: 1})
        await services.orders.cancel(cancelled.id, OWNER)
        remote.decides(cancelled.id, "ACCEPTED")
        handed_over.clear()
        # When / Then
        assert (await reconcile.reconcile()).empty
        assert handed_over == []

    @pytest.mark.parametrize(
        ("status", "age_seconds", "cancelled"),
        [
            ("ACCEPTED", 601.0, True),
            ("REJECTED", 601.0, True),
            ("ACCEPTED", 600.0, False),
            ("CANCELLED", 10_000.0, False),
        ],
    )
    async def test_has_an_order_cancelled_that_nobody_placed_for_ten_minutes(
        self,
        remote: Remote,
        reconcile: ReconcileService,
        status: str,
        age_seconds: float,
        cancelled: bool,
    ) -> None:
        # Given
        remote.decides(an_id(7), status, age_seconds)
        # When
        await reconcile.reconcile()
        # Then
        assert remote.cancelled == ([[an_id(7)]] if cancelled else [])


class TestDrift:
    def test_lasts_where_both_looks_found_it_the_same(self) -> None:
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


class FakeTopic:
    """The products' topic, read on from where the last reading ended."""

    def __init__(self, *states: ProductState) -> None:
        self.unread = list(states)

    async def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductUpdate]]]:
        while self.unread:
            yield [delivery(ProductUpdate(product=self.unread.pop(0)))]


class TestRebuild:
    @pytest.fixture(autouse=True)
    def _in_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """mongomock has no rules of collections, and renames nothing over another."""

        async def recreate(beside: ProjectionRepository) -> None:
            await beside._products.drop()

        async def replace(beside: ProjectionRepository, live: ProjectionRepository) -> None:
            await live._products.drop()
            async for _, one in beside.all():
                await live.put([one], {}, session=None)
            await beside._products.drop()

        monkeypatch.setattr(ProjectionRepository, "recreate", recreate)
        monkeypatch.setattr(ProjectionRepository, "replace", replace)

    @pytest.fixture
    def rebuild(
        self, database: Database, reconcile: ReconcileService, remote: Remote
    ) -> RebuildService:
        double: Any = remote
        return RebuildService(
            transactions=FakeTransactions(),
            live=ProjectionRepository(database),
            beside=ProjectionRepository(database, BESIDE),
            reconcile=reconcile,
            remote=double,
        )

    async def live(self, database: Database) -> dict[str, ProductState]:
        return {id_: one async for id_, one in ProjectionRepository(database).all()}

    async def test_replaces_the_projection_by_one_made_from_the_topic(
        self, rebuild: RebuildService, know: Know, remote: Remote, database: Database
    ) -> None:
        # Given
        await know(state(1, quantity=77), state(9, name="never sold"))
        remote.has(state(1), state(2))
        # When / Then
        assert await rebuild.rebuild(FakeTopic(state(2), state(1))) == 2
        assert await self.live(database) == {an_id(1): state(1), an_id(2): state(2)}
        assert remote.resent == []

    async def test_asks_products_ms_for_what_the_topic_lacks(
        self, rebuild: RebuildService, remote: Remote, database: Database
    ) -> None:
        # Given
        topic = FakeTopic(state(1))
        remote.has(state(1), state(2))

        def send_again(known: Mapping[str, int]) -> None:
            raised = [state(int(id_, 16), version=version + 3) for id_, version in known.items()]
            remote.has(*raised)
            topic.unread += raised

        remote.on_resend = send_again
        # When / Then
        assert await rebuild.rebuild(topic) == 2
        assert remote.resent == [{an_id(2): 0}]
        assert (await self.live(database))[an_id(2)].version == 3

    async def test_takes_what_came_while_it_was_put_in_place(
        self,
        rebuild: RebuildService,
        remote: Remote,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        topic = FakeTopic(state(1))
        remote.has(state(1))
        put_in_place = ProjectionRepository.replace

        async def slowly(beside: ProjectionRepository, live: ProjectionRepository) -> None:
            topic.unread.append(state(1, version=8))
            await put_in_place(beside, live)

        monkeypatch.setattr(ProjectionRepository, "replace", slowly)
        # When
        await rebuild.rebuild(topic)
        # Then
        assert await self.live(database) == {an_id(1): state(1, version=8)}

    async def test_leaves_the_live_one_alone_where_the_two_do_not_come_to_agree(
        self, rebuild: RebuildService, know: Know, remote: Remote, database: Database
    ) -> None:
        # Given
        await know(state(1, quantity=3))
        remote.has(state(1), state(2))
        # When
        with pytest.raises(ProjectionDiffersError) as raised:
            await rebuild.rebuild(FakeTopic())
        # Then
        assert raised.value.product_ids == [an_id(1), an_id(2)]
        assert str(raised.value) == f"still different: {an_id(1)}, {an_id(2)}"
        assert len(remote.resent) == rebuild_module.TRIES == 10
        assert await self.live(database) == {an_id(1): state(1, quantity=3)}
