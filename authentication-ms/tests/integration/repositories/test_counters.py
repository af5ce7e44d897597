from datetime import datetime, timedelta

from authentication.repositories.counters import Count, CounterRepository
from shopkit.storage.mongo import Database, Document
from shopkit.testing import FakeClock

WINDOW = timedelta(minutes=15)


class TestIncrease:
    async def test_Given_Window_When_Counted_Then_ItEndsFifteenMinutesAfterTheFirst(
        self, database: Database, clock: FakeClock
    ) -> None:
        counters = CounterRepository(database)
        end = clock.now + WINDOW
        assert await counters.increase("a", now=clock.now, window=WINDOW) == Count(1, end)
        clock.advance(minutes=14)
        assert await counters.increase("a", now=clock.now, window=WINDOW) == Count(2, end)
        clock.advance(minutes=1)
        next_end = clock.now + WINDOW
        assert await counters.increase("a", now=clock.now, window=WINDOW) == Count(1, next_end)

    async def test_Given_AnotherBeganTheWindowMeanwhile_When_Counted_Then_ItIsInTheirs(
        self, database: Database, clock: FakeClock
    ) -> None:
        # Given
        end = clock.now + WINDOW

        class Overtaken(CounterRepository):
            async def _again(self, key: str, now: datetime) -> Document | None:
                row = await super()._again(key, now)
                if row is None:
                    rival = CounterRepository(database)
                    await rival.increase(key, now=now, window=WINDOW)
                return row

        # When
        counted = await Overtaken(database).increase("a", now=clock.now, window=WINDOW)
        # Then
        assert counted == Count(2, end)


class TestDecrease:
    async def test_Given_Nothing_When_TakenBack_Then_ItStaysAtNothing(
        self, database: Database, clock: FakeClock
    ) -> None:
        counters = CounterRepository(database)
        await counters.decrease("a")
        assert await database["throttles"].count_documents({}) == 0
        await counters.increase("a", now=clock.now, window=WINDOW)
        await counters.decrease("a")
        await counters.decrease("a")
        row = await database["throttles"].find_one({"_id": "a"})
        assert row is not None
        assert row["count"] == 0
