from collections.abc import Awaitable, Callable
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = identity_of("aaa@aaa.com")


class TestResend:
    """Leases and the query for overdue orders are tested on a real database."""

    @pytest.fixture
    async def overdue(self, know: Know, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
        await know(state(1))
        overdue: list[Order] = []

        async def acquire(_leases: JobLeases, _job: str, _duration: timedelta) -> bool:
            return True

        async def take(_orders: OrderRepository, limit: int) -> list[Order]:
            return overdue[:limit]

        async def has(_orders: OrderRepository) -> bool:
            return bool(overdue)

        monkeypatch.setattr(JobLeases, "acquire", acquire)
        monkeypatch.setattr(OrderRepository, "has_overdue", has)
        monkeypatch.setattr(OrderRepository, "take_overdue", take)
        return overdue

    async def test_sends_the_events_of_overdue_orders_again(
        self,
        services: Services,
        place: Place,
        overdue: list[Order],
        database: Database,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        pending, cancelled = await place({1: 1}), await place({1: 1})
        cancelled = await services.orders.cancel(cancelled.id, OWNER)
        overdue += [pending, cancelled]
        await database["outbox"].update_many({}, {"$unset": {"unsent": ""}})
        transactions.published.clear()
        # When / Then
        assert await services.resend.resend() == 2
        ids = [f"OrderCreate/{pending.id}", f"OrderCancel/{cancelled.id}"]
        assert transactions.published_ids == ids
        unsent = await database["outbox"].distinct("_id", {"unsent": True})
        assert sorted(unsent) == sorted(ids)

    async def test_skips_events_that_are_still_unsent(
        self,
        services: Services,
        place: Place,
        overdue: list[Order],
        database: Database,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        unsent, expired = await place({1: 1}), await place({1: 1})
        overdue += [unsent, expired]
        await database["outbox"].delete_one({"_id": f"OrderCreate/{expired.id}"})
        # When / Then
        assert await services.resend.resend() == 1
        assert transactions.published_ids == [f"OrderCreate/{expired.id}"]

    async def test_runs_once_a_second_over_all_replicas(
        self,
        services: Services,
        place: Place,
        overdue: list[Order],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given: another replica has the lease.
        overdue.append(await place({1: 1}))
        requested: list[tuple[str, timedelta]] = []

        async def refuse(_leases: JobLeases, job: str, duration: timedelta) -> bool:
            requested.append((job, duration))
            return False

        monkeypatch.setattr(JobLeases, "acquire", refuse)
        # When / Then
        assert await services.resend.resend() == 0
        assert requested == [("resend", timedelta(seconds=1))]

    async def test_sends_nothing_if_nothing_is_overdue(
        self,
        services: Services,
        overdue: list[Order],
        transactions: FakeTransactions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        assert overdue == []
        lease = AsyncMock()
        monkeypatch.setattr(JobLeases, "acquire", lease)
        # When / Then
        assert await services.resend.resend() == 0
        assert transactions.published == []
        lease.assert_not_awaited()
