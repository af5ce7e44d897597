"""Which orders are asked about again: the update that picks one is the database's to carry out."""

from datetime import timedelta

import pytest
from tests.integration.shop import Place, Shop, find_one

import orders.dependencies
from shopkit.contract.events import OrderStatusUpdate
from shopkit.identity import Identity, Role
from shopkit.messaging.outbox import Outbox
from shopkit.storage.unit_of_work import MongoTransactions, Publication
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, delivery

OWNER = Identity(email="aaa@aaa.com", role=Role.USER)


class Replica:
    """A replica with a clock that the test holds."""

    def __init__(self, shop: Shop, clock: FakeClock) -> None:
        self.published: list[Publication] = []
        self.clock = clock
        database = shop.orders_db
        transactions = MongoTransactions(
            database.client, Outbox(database, clock), self.published.extend
        )
        self.services = orders.dependencies.build(database, transactions, clock)
        self._shop = shop

    @property
    def published_ids(self) -> list[str]:
        """The ids of the published messages, in order."""
        return [publication.message.id for publication in self.published]

    async def resend(self) -> int:
        """Run once, as if all earlier messages had reached the broker."""
        await self._shop.orders_db["outbox"].update_many({}, {"$unset": {"unsent": ""}})
        return await self.services.resend.resend()

    async def resends_between(self, first: int, last: int) -> list[int]:
        """Run in each of these seconds after noon, and return those in which something was sent."""
        seconds = []
        for second in range(first, last + 1):
            self.clock.now = NOON + timedelta(seconds=second)
            if await self.resend():
                seconds.append(second)
        return seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def replica(shop: Shop, clock: FakeClock) -> Replica:
    replica = Replica(shop, clock)
    shop.intake = replica.services.intake
    return replica


@pytest.fixture(autouse=True)
async def _shelf(shop: Shop) -> None:
    await shop.know(await shop.add(1, 1_000))


class TestResend:
    async def test_resends_after_30_seconds_and_then_with_doubled_delays(
        self, replica: Replica, place: Place
    ) -> None:
        # Given
        order = await place({1: 1})
        # When
        seconds = await replica.resends_between(28, 32) + await replica.resends_between(89, 94)
        seconds += await replica.resends_between(210, 216)
        # Then: 30 s after noon has to be over; 60 s, then 120 s after the last.
        assert seconds == [31, 92, 213]
        assert set(replica.published_ids[1:]) == {f"OrderCreate/{order.id}"}
        assert replica.published[-1].message == order.create_message()

    async def test_waits_at_most_ten_minutes(
        self, replica: Replica, place: Place, shop: Shop, clock: FakeClock
    ) -> None:
        # Given
        await place({1: 1})
        delays = []
        # When
        for _ in range(8):
            clock.advance(minutes=11)
            assert await replica.resend() == 1
            document = await find_one(shop.orders_db["orders"])
            delays.append((document["resend_at"] - clock.now).total_seconds())
        # Then
        assert delays == [60, 120, 240, 480, 600, 600, 600, 600]

    async def test_resends_unconfirmed_cancellations_but_not_answered_orders(
        self, replica: Replica, place: Place, clock: FakeClock
    ) -> None:
        # Given
        accepted, cancelled, confirmed = [await place({1: 1}) for _ in range(3)]
        for order in (cancelled, confirmed):
            await replica.services.orders.cancel(order.id, OWNER)
        await replica.services.orders.settle(
            [
                delivery(OrderStatusUpdate.model_validate({"order_id": id_, "status": status}))
                for id_, status in ((accepted.id, "ACCEPTED"), (confirmed.id, "CANCELLED"))
            ]
        )
        replica.published.clear()
        # When
        clock.advance(seconds=31)
        # Then
        assert await replica.resend() == 1
        assert replica.published_ids == [f"OrderCancel/{cancelled.id}"]

    async def test_does_not_resend_an_unsent_message(
        self, replica: Replica, place: Place, clock: FakeClock
    ) -> None:
        # Given
        await place({1: 1})
        replica.published.clear()
        clock.advance(seconds=31)
        # When / Then
        assert await replica.services.resend.resend() == 0
        assert replica.published == []

    async def test_resends_100_a_second_over_all_replicas_and_each_once(
        self, replica: Replica, place: Place, shop: Shop, clock: FakeClock
    ) -> None:
        # Given
        for _ in range(150):
            await place({1: 1})
        other = Replica(shop, clock)
        replica.published.clear()
        clock.advance(seconds=31)
        # When / Then
        assert [await replica.resend(), await other.resend()] == [100, 0]
        clock.advance(seconds=1)
        assert [await other.resend(), await replica.resend()] == [50, 0]
        assert len({*replica.published_ids, *other.published_ids}) == 150
