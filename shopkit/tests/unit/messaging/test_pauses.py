from datetime import timedelta

import pytest

from shopkit.messaging.pauses import PauseKind, PauseRepository, resume
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON

ORDERS, PRODUCTS = "shop.orders", "shop.products"


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def pauses(database: Database, clock: FakeClock) -> PauseRepository:
    return PauseRepository(database, "release-1", clock)


class TestAdd:
    async def test_pauses_one_topic_of_one_release(
        self, pauses: PauseRepository, database: Database, clock: FakeClock
    ) -> None:
        # When
        await pauses.add(ORDERS, PauseKind.FAULT, "x" * 3_000)
        # Then
        another = PauseRepository(database, "release-2", clock)
        assert await pauses.is_paused(ORDERS)
        assert not await pauses.is_paused(PRODUCTS)
        assert not await another.is_paused(ORDERS)
        assert await database["consumers"].find().to_list() == [
            {
                "_id": "shop.orders/release-1",
                "topic": "shop.orders",
                "release": "release-1",
                "kind": "fault",
                "reason": "x" * 2_000,
                "paused_at": NOON,
            }
        ]


class TestResume:
    async def test_resumes_all_topics_in_all_releases(
        self, pauses: PauseRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        another = PauseRepository(database, "release-2", clock)
        await pauses.add(ORDERS, PauseKind.FAULT, "why")
        await another.add(ORDERS, PauseKind.FAULT, "why")
        await another.add(PRODUCTS, PauseKind.DEAD_LETTERS, "why")
        clock.advance(hours=1)
        # When / Then
        assert await resume(database, None, clock) == [ORDERS, PRODUCTS]
        assert not await pauses.is_paused(ORDERS)
        assert not await another.is_paused(ORDERS)
        assert await pauses.resumed_at(ORDERS) == NOON + timedelta(hours=1)
        assert await resume(database, None, clock) == []

    async def test_resumes_one_topic(
        self, pauses: PauseRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        for topic in (ORDERS, PRODUCTS):
            await pauses.add(topic, PauseKind.FAULT, "why")
        # When / Then
        assert await resume(database, ORDERS, clock) == [ORDERS]
        assert await pauses.is_paused(PRODUCTS)
        assert await resume(database, "shop.unknown", clock) == []

    async def test_a_consumer_can_be_paused_again(
        self, pauses: PauseRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        assert await pauses.resumed_at(ORDERS) is None
        await pauses.add(ORDERS, PauseKind.FAULT, "first")
        await resume(database, None, clock)
        # When
        await pauses.add(ORDERS, PauseKind.DEAD_LETTERS, "second")
        # Then
        assert await pauses.is_paused(ORDERS)
        assert await pauses.resumed_at(ORDERS) is None
