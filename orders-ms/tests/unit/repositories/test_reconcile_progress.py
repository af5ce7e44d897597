from datetime import timedelta

import pytest

from orders.repositories.reconcile_progress import LastResult, Position, ReconcileProgress
from shopkit.storage.mongo import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def progress(real_database: Database) -> ReconcileProgress:
    return ReconcileProgress(real_database)


async def let_an_hour_pass(database: Database) -> None:
    earlier = {"$subtract": ["$finished_at", 3_600_000]}
    await database["reconcile"].update_many({}, [{"$set": {"finished_at": earlier}}])


@pytest.mark.mongod
class TestIsDue:
    async def test_waits_for_an_interval_after_the_first_start(
        self, progress: ReconcileProgress, real_database: Database
    ) -> None:
        assert not await progress.is_due(HOUR)
        assert not await progress.is_due(HOUR)
        await let_an_hour_pass(real_database)
        assert await progress.is_due(HOUR)

    async def test_waits_for_an_interval_after_the_last_pass(
        self, progress: ReconcileProgress, real_database: Database
    ) -> None:
        await progress.finish({})
        assert not await progress.is_due(HOUR)
        await let_an_hour_pass(real_database)
        assert await progress.is_due(HOUR)
        await progress.finish({})
        assert not await progress.is_due(HOUR)

    async def test_an_interrupted_pass_is_due_at_once(self, progress: ReconcileProgress) -> None:
        # Given
        await progress.finish({})
        # When
        await progress.save(Position("orders", "a", {}))
        # Then
        assert await progress.is_due(HOUR)


@pytest.mark.mongod
class TestResult:
    async def test_is_that_of_the_last_complete_pass(self, progress: ReconcileProgress) -> None:
        # Given
        assert await progress.last_result() == LastResult({}, refused=False)
        await progress.finish({"unrecorded orders": 2})
        # When
        await progress.save(Position("orders", "a", {"unrecorded orders": 1}))
        # Then
        assert await progress.last_result() == LastResult({"unrecorded orders": 2}, refused=False)
        position = Position("orders", "a", {"unrecorded orders": 1})
        assert await progress.position() == position
        # When
        await progress.finish({"products": 1})
        # Then
        assert await progress.last_result() == LastResult({"products": 1}, refused=False)
        assert await progress.position() is None

    async def test_a_refusal_is_remembered_until_a_pass_runs(
        self, progress: ReconcileProgress
    ) -> None:
        await progress.refuse()
        assert await progress.last_result() == LastResult({}, refused=True)
        await progress.save(Position("orders", None, {}))
        assert await progress.last_result() == LastResult({}, refused=False)
