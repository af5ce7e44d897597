import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from bson import ObjectId

from orders.dependencies import Services
from orders.models.comparison import IdRange
from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import (
    ProductCreate,
    ProductsQuantityUpdate,
    ProductState,
    ProductUpdate,
)
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id, delivery, state

Known = Callable[[], Awaitable[dict[str, ProductState]]]


@pytest.fixture
def known(database: Database) -> Known:
    async def known() -> dict[str, ProductState]:
        states = await ProjectionRepository(database).find_range(IdRange(None, None), 100)

        return {state.id: state for state in states}

    return known


class TestApply:
    async def test_each_type_of_event_inserts_the_product(
        self, services: Services, known: Known
    ) -> None:
        # When
        await services.projection.apply(
            [
                delivery(ProductCreate(product=state(1))),
                delivery(ProductUpdate(product=state(2))),
                delivery(ProductsQuantityUpdate(products=(state(3),))),
            ]
        )
        # Then
        assert await known() == {an_id(number): state(number) for number in (1, 2, 3)}

    async def test_a_higher_version_replaces_the_product(
        self, services: Services, known: Known
    ) -> None:
        # Given
        await services.projection.apply_states([state(1)])
        newer = state(1, version=3, name="cup", quantity=0, price_cents=7, archived=True)
        # When
        await services.projection.apply_states([newer])
        # Then
        assert await known() == {an_id(1): newer}

    @pytest.mark.parametrize("version", [1, 4])
    async def test_a_lower_or_equal_version_changes_nothing(
        self, services: Services, known: Known, version: int
    ) -> None:
        # Given
        await services.projection.apply_states([state(1, version=4)])
        # When
        await services.projection.apply_states([state(1, version=version, quantity=99)])
        # Then
        assert await known() == {an_id(1): state(1, version=4)}

    async def test_applies_the_highest_version_of_a_batch_in_any_order(
        self, services: Services, known: Known
    ) -> None:
        # Given
        states = [
            state(number, version=version, quantity=version)
            for number in (1, 2)
            for version in range(1, 8)
        ]
        random.Random(7).shuffle(states)
        # When
        await services.projection.apply_states(states + states)
        # Then
        assert await known() == {
            an_id(number): state(number, version=7, quantity=7) for number in (1, 2)
        }

    async def test_two_products_can_have_the_same_name(
        self, services: Services, known: Known
    ) -> None:
        await services.projection.apply_states([state(1, name="cup"), state(2, name="cup")])
        assert len(await known()) == 2

    async def test_accepts_an_empty_batch(self, services: Services, known: Known) -> None:
        await services.projection.apply_states([])
        assert await known() == {}


class TestPut:
    @pytest.fixture
    def database(self, any_database: Database) -> Database:
        return any_database

    async def test_stores_new_products_and_newer_versions_only(
        self, database: Database, known: Known
    ) -> None:
        # Given
        projection = ProjectionRepository(database)
        await projection.put([state(1, version=5), state(2, version=5)])
        # When
        await projection.put([state(1, version=4), state(2, version=6), state(3)])
        # Then
        assert await known() == {
            an_id(1): state(1, version=5),
            an_id(2): state(2, version=6),
            an_id(3): state(3),
        }

    async def test_several_replicas_store_a_product_once_in_its_latest_version(
        self, database: Database, known: Known
    ) -> None:
        projection = ProjectionRepository(database)
        await asyncio.gather(
            *(projection.put([state(1, version=version)]) for version in range(1, 20))
        )
        assert await known() == {an_id(1): state(1, version=19)}


class TestNameKeys:
    @pytest.fixture
    def database(self, any_database: Database) -> Database:
        return any_database

    @pytest.fixture
    async def projection(self, database: Database) -> ProjectionRepository:
        """A projection in which a replica of the previous release has stored two products."""
        old = [state(1, name="t\u0308est"), state(2, name="spoon")]
        await database["products"].insert_many(
            [{"_id": ObjectId(row.id), **row.model_dump(exclude={"id"})} for row in old]
        )
        return ProjectionRepository(database)

    async def test_finds_products_by_the_keys_of_their_names(
        self, services: Services, projection: ProjectionRepository
    ) -> None:
        # Given
        await services.projection.apply_states([state(3, name="οδος"), state(4, name="straße")])
        # When
        found = await projection.find([], ["ΟΔΟΣ", "strasse"])
        # Then
        assert sorted(row.id for row in found) == [an_id(3), an_id(4)]

    async def test_finds_products_without_keys_by_their_exact_names(
        self, projection: ProjectionRepository
    ) -> None:
        assert [row.id for row in await projection.find([], ["spoon"])] == [an_id(2)]

    async def test_adds_missing_keys_in_chunks(self, projection: ProjectionRepository) -> None:
        # When
        counts = [await projection.add_missing_keys(1) for _ in range(3)]
        # Then
        assert counts == [1, 1, 0]
        assert [row.id for row in await projection.find([], ["\u1e97EST"])] == [an_id(1)]
