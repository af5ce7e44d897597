from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.repositories.job_leases import JobLeases
from shopkit.identity import Identity, Role
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.apps import HandedOver
from shopkit.testing.deliveries import NOON, state

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = Identity(email="aaa@aaa.com", role=Role.USER)


class TestTicks:
    async def test_one_process_has_each_turn(self, database: Database) -> None:
        # Given
        ticks, second = JobLeases(database), timedelta(seconds=1)
        # When
        turns = [
            await ticks.take("resend", NOON + timedelta(milliseconds=after), second)
            for after in (0, 0, 999, 1_000, 1_500, 2_000)
        ]
        # Then
        assert turns == [True, False, False, True, False, True]

    async def test_each_name_has_turns_of_its_own(self, database: Database) -> None:
        ticks = JobLeases(database)
        assert await ticks.take("one", NOON, timedelta(seconds=1))
        assert await ticks.take("two", NOON, timedelta(seconds=1))


class TestResend:
    """What the database picks is tested on a real one; here it is said."""

    @pytest.fixture
    async def picked(
        self, services: Services, know: Know, monkeypatch: pytest.MonkeyPatch
    ) -> list[Order]:
        await know(state(1))
        picked: list[Order] = []

        async def take(_now: datetime, limit: int) -> Sequence[Order]:
            return picked[:limit]

        monkeypatch.setattr(services.resend._orders, "take_unanswered", take)
        return picked

    async def test_sends_what_is_owed_again(
        self,
        services: Services,
        place: Place,
        picked: list[Order],
        database: Database,
        handed_over: HandedOver,
    ) -> None:
        # Given
        pending, cancelled = await place({1: 1}), await place({1: 1})
        cancelled = await services.orders.cancel(cancelled.id, OWNER)
        picked += [pending, cancelled]
        await database["outbox"].update_many({}, {"$unset": {"unsent": ""}})
        handed_over.clear()
        # When / Then
        assert await services.resend.resend() == 2
        ids = [f"OrderCreate/{pending.id}", f"OrderCancel/{cancelled.id}"]
        assert handed_over.ids == ids
        unsent = await database["outbox"].distinct("_id", {"unsent": True})
        assert sorted(unsent) == sorted(ids)

    async def test_leaves_an_event_that_still_waits_to_wait(
        self,
        services: Services,
        place: Place,
        picked: list[Order],
        database: Database,
        handed_over: HandedOver,
    ) -> None:
        # Given
        waits, expired = await place({1: 1}), await place({1: 1})
        picked += [waits, expired]
        await database["outbox"].delete_one({"_id": f"OrderCreate/{expired.id}"})
        # When / Then
        assert await services.resend.resend() == 1
        assert handed_over.ids == [f"OrderCreate/{expired.id}"]

    async def test_does_so_once_a_second_over_all_replicas(
        self, services: Services, place: Place, picked: list[Order], clock: FakeClock
    ) -> None:
        # Given
        picked.append(await place({1: 1}))
        # When / Then
        await services.resend._ticks.take("resend", clock(), timedelta(seconds=1))
        assert await services.resend.resend() == 0

    async def test_is_nothing_where_nothing_is_owed(
        self, services: Services, picked: list[Order], handed_over: HandedOver
    ) -> None:
        assert await services.resend.resend() == 0
        assert handed_over == []
