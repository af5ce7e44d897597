from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from shopkit.clock import utc_now
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database

MINUTE = timedelta(minutes=1)
NextTick = Callable[[timedelta], Awaitable[None]]


@pytest.fixture
def leases(real_database: Database) -> JobLeases:
    return JobLeases(real_database)


@pytest.fixture
def let_pass(real_database: Database) -> NextTick:
    async def let_pass(duration: timedelta) -> None:
        earlier = {"$subtract": ["$next_at", int(duration.total_seconds() * 1_000)]}
        await real_database["ticks"].update_many({}, [{"$set": {"next_at": earlier}}])

    return let_pass


@pytest.mark.mongod
class TestAcquire:
    async def test_grants_one_lease_at_a_time(self, leases: JobLeases, let_pass: NextTick) -> None:
        assert await leases.acquire("resend", MINUTE)
        assert not await leases.acquire("resend", MINUTE)
        await let_pass(MINUTE)
        assert await leases.acquire("resend", MINUTE)
        assert not await leases.acquire("resend", MINUTE)

    async def test_grants_each_job_its_own_lease(self, leases: JobLeases) -> None:
        assert await leases.acquire("one", MINUTE)
        assert await leases.acquire("two", MINUTE)

    async def test_extends_the_lease_of_its_holder_only(
        self, leases: JobLeases, let_pass: NextTick
    ) -> None:
        # Given
        assert await leases.acquire("reconcile", MINUTE, "a")
        await let_pass(timedelta(seconds=50))
        # When
        assert await leases.acquire("reconcile", MINUTE, "a")
        await let_pass(timedelta(seconds=50))
        # Then
        assert not await leases.acquire("reconcile", MINUTE, "b")
        await let_pass(timedelta(seconds=10))
        assert await leases.acquire("reconcile", MINUTE, "b")
        assert not await leases.acquire("reconcile", MINUTE, "a")

    async def test_uses_the_clock_of_the_database(
        self, leases: JobLeases, real_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # When
        await leases.acquire("resend", MINUTE)
        # Then
        lease = await real_database["ticks"].find_one({"_id": "resend"})
        assert lease
        hello = await real_database.command("hello")
        now = hello["localTime"].replace(tzinfo=utc_now().tzinfo)
        assert timedelta(seconds=50) < lease["next_at"] - now <= MINUTE
