from datetime import timedelta

import pytest

from authentication.repositories.counters import Count, CounterRepository
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

WINDOW = timedelta(minutes=15)


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def counters(database: Database) -> CounterRepository:
    return CounterRepository(database)


class TestIncrement:
    async def test_counts_in_a_window_that_starts_with_the_first_event(
        self, counters: CounterRepository, clock: FakeClock
    ) -> None:
        # Given
        end = clock.now + WINDOW
        # When
        first = await counters.increment("a", now=clock.now, window=WINDOW)
        clock.advance(minutes=14)
        second = await counters.increment("a", now=clock.now, window=WINDOW)
        clock.advance(minutes=1)
        third = await counters.increment("a", now=clock.now, window=WINDOW)
        # Then
        assert [first, second, third] == [Count(1, end), Count(2, end), Count(1, end + WINDOW)]

    async def test_counts_keys_separately(
        self, counters: CounterRepository, clock: FakeClock
    ) -> None:
        await counters.increment("a", now=clock.now, window=WINDOW)
        assert (await counters.increment("b", now=clock.now, window=WINDOW)).value == 1


class TestDecrement:
    async def test_stops_at_zero(
        self, counters: CounterRepository, database: Database, clock: FakeClock
    ) -> None:
        # Given
        await counters.increment("a", now=clock.now, window=WINDOW)
        # When
        await counters.decrement("a")
        await counters.decrement("a")
        # Then
        counter = await database["throttles"].find_one({"_id": "a"})
        assert counter is not None
        assert counter["count"] == 0

    async def test_ignores_an_unknown_key(
        self, counters: CounterRepository, database: Database
    ) -> None:
        await counters.decrement("a")
        assert await database["throttles"].count_documents({}) == 0


class TestReset:
    async def test_starts_a_new_window(self, counters: CounterRepository, clock: FakeClock) -> None:
        # Given
        for _ in range(3):
            await counters.increment("a", now=clock.now, window=WINDOW)
        # When
        await counters.reset("a")
        # Then
        assert (await counters.increment("a", now=clock.now, window=WINDOW)).value == 1
