from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from orders.errors import ProjectionDiffersError
from orders.models.comparison import IdRange
from orders.repositories.projection import REBUILT_COLLECTION, ProjectionRepository
from orders.services import rebuild as rebuild_module
from orders.services.rebuild import RebuildService
from shopkit.contract.events import ProductState, ProductUpdate
from shopkit.messaging.envelope import Delivery
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id, delivery, state

Know = Callable[..., Awaitable[None]]


async def no_pause(_seconds: float) -> None: ...


class FakeTopic:
    """The products' topic, read on from where the last reading ended."""

    def __init__(self, *states: ProductState) -> None:
        self.unread = list(states)

    async def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductUpdate]]]:
        while self.unread:
            yield [delivery(ProductUpdate(product=self.unread.pop(0)))]


class TestRebuild:
    @pytest.fixture(autouse=True)
    def _in_memory(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace operations that mongomock does not support."""

        async def recreate(_rebuilt: ProjectionRepository) -> None:
            await database[REBUILT_COLLECTION].drop()

        async def replace(rebuilt: ProjectionRepository, live: ProjectionRepository) -> None:
            await database["products"].drop()
            states = await rebuilt.find_range(IdRange(None, None), 1_000)
            await live.put(states)
            await database[REBUILT_COLLECTION].drop()

        monkeypatch.setattr(ProjectionRepository, "recreate", recreate)
        monkeypatch.setattr(ProjectionRepository, "replace", replace)

    @pytest.fixture
    def rebuild(self, database: Database, products: Any) -> RebuildService:
        client: Any = products
        live = ProjectionRepository(database)
        return RebuildService(
            live=live,
            rebuilt=ProjectionRepository(database, REBUILT_COLLECTION),
            client=client,
            sleep=no_pause,
        )

    async def live(self, database: Database) -> dict[str, ProductState]:
        states = await ProjectionRepository(database).find_range(IdRange(None, None), 1_000)
        return {state.id: state for state in states}

    async def test_replaces_the_projection_with_one_built_from_the_topic(
        self, rebuild: RebuildService, know: Know, products: Any, database: Database
    ) -> None:
        # Given
        await know(state(1, quantity=77), state(9, name="never sold"))
        products.has(state(1), state(2))
        # When / Then
        assert await rebuild.rebuild(FakeTopic(state(2), state(1))) == 2
        assert await self.live(database) == {an_id(1): state(1), an_id(2): state(2)}
        assert products.resent == []

    async def test_requests_products_that_the_topic_lacks(
        self, rebuild: RebuildService, products: Any, database: Database
    ) -> None:
        # Given
        topic = FakeTopic(state(1))
        products.has(state(1), state(2))

        def send_again(known: Mapping[str, int]) -> None:
            raised = [state(int(id_, 16), version=version + 3) for id_, version in known.items()]
            products.has(*raised)
            topic.unread += raised

        products.on_resend = send_again
        # When / Then
        assert await rebuild.rebuild(topic) == 2
        assert products.resent == [{an_id(2): 0}]
        assert (await self.live(database))[an_id(2)].version == 3

    async def test_removes_products_that_no_longer_exist(
        self, rebuild: RebuildService, know: Know, products: Any, database: Database
    ) -> None:
        # Given: products-db was restored from a backup without product 2.
        await know(state(1), state(2))
        products.has(state(1))
        # When / Then
        assert await rebuild.rebuild(FakeTopic(state(1), state(2))) == 1
        assert await self.live(database) == {an_id(1): state(1)}
        assert products.resent == [{an_id(2): state(2).version}]

    async def test_applies_events_that_arrive_during_the_replacement(
        self,
        rebuild: RebuildService,
        products: Any,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        topic = FakeTopic(state(1))
        products.has(state(1))
        replace = ProjectionRepository.replace

        async def slowly(rebuilt: ProjectionRepository, live: ProjectionRepository) -> None:
            topic.unread.append(state(1, version=8))
            await replace(rebuilt, live)

        monkeypatch.setattr(ProjectionRepository, "replace", slowly)
        # When
        await rebuild.rebuild(topic)
        # Then
        assert await self.live(database) == {an_id(1): state(1, version=8)}

    async def test_ends_while_people_order(
        self, rebuild: RebuildService, products: Any, database: Database
    ) -> None:
        # Given: a product is sold between any two steps.
        topic = FakeTopic(state(1))
        products.has(state(1, version=5))
        version = 5

        async def sell(_seconds: float) -> None:
            nonlocal version
            topic.unread.append(state(1, version=version))
            version += 1
            products.has(state(1, version=version))

        rebuild._sleep = sell
        # When
        await rebuild.rebuild(topic)
        # Then
        assert products.resent == []
        assert (await self.live(database))[an_id(1)].version >= 5

    async def test_keeps_the_live_projection_if_the_rebuilt_one_stays_different(
        self, rebuild: RebuildService, know: Know, products: Any, database: Database
    ) -> None:
        # Given
        await know(state(1, quantity=3))
        products.has(state(1), state(2))
        # When
        with pytest.raises(ProjectionDiffersError) as raised:
            await rebuild.rebuild(FakeTopic())
        # Then
        assert raised.value.product_ids == [an_id(1), an_id(2)]
        assert (
            str(raised.value)
            == f"The rebuilt projection still differs in these products: {an_id(1)}, {an_id(2)}"
        )
        assert len(products.resent) == rebuild_module.ATTEMPTS == 10
        assert await self.live(database) == {an_id(1): state(1, quantity=3)}
