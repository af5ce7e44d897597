from datetime import timedelta

from orders.repositories.job_leases import JobLeases
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON

SECOND = timedelta(seconds=1)


class TestAcquire:
    async def test_grants_one_lease_in_each_period(self, any_database: Database) -> None:
        # Given
        leases = JobLeases(any_database)
        # When
        granted = [
            await leases.acquire("resend", NOON + timedelta(milliseconds=after), SECOND)
            for after in (0, 0, 999, 1_000, 1_500, 2_000)
        ]
        # Then
        assert granted == [True, False, False, True, False, True]

    async def test_grants_each_job_its_own_lease(self, any_database: Database) -> None:
        leases = JobLeases(any_database)
        assert await leases.acquire("one", NOON, SECOND)
        assert await leases.acquire("two", NOON, SECOND)
