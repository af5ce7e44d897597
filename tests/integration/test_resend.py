"""Which orders are asked about again: the update that picks one is the database's to carry out."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.integration.shop import Place, Shop, find_one

import orders.dependencies
from shopkit.clock import utc_now
from shopkit.contract.events import OrderStatusUpdate
from shopkit.messaging.outbox import Outbox
from shopkit.storage.unit_of_work import MongoTransactions, Publication
from shopkit.testing.deliveries import delivery
from shopkit.testing.proofs import identity_of

OWNER = identity_of("aaa@aaa.com")


class Replica:
    """A replica, whose clock is that of the database."""

    def __init__(self, shop: Shop) -> None:
        self.published: list[Publication] = []
        database = shop.orders_db
        transactions = MongoTransactions(database.client, Outbox(database), self.published.extend)
        self.services = orders.dependencies.build(database, transactions)
        self._shop = shop

    @property
    def published_ids(self) -> list[str]:
        """The ids of the published messages, in order."""
        return [publication.message.id for publication in self.published]

    async def resend(self) -> int:
        """Run once, as if all earlier messages had reached the broker."""
        await self._shop.orders_db["outbox"].update_many({}, {"$unset": {"unsent": ""}})
        return await self.services.resend.resend()


LetPass = Callable[[float], Awaitable[None]]


@pytest.fixture
def let_pass(shop: Shop) -> LetPass:
    """Lets seconds pass: what is due becomes due earlier."""

    async def let_pass(seconds: float) -> None:
        for collection, field in (("orders", "resend_at"), ("ticks", "next_at")):
            earlier = {"$subtract": [f"${field}", int(seconds * 1_000)]}
            await shop.orders_db[collection].update_many(
                {field: {"$exists": True}}, [{"$set": {field: earlier}}]
            )

    return let_pass


@pytest.fixture
def replica(shop: Shop) -> Replica:
    replica = Replica(shop)
    shop.intake = replica.services.intake
    return replica


@pytest.fixture(autouse=True)
async def _shelf(shop: Shop) -> None:
    await shop.know(await shop.add(1, 1_000))


class TestResend:
    async def test_resends_after_30_seconds_and_then_with_doubled_delays(
        self, replica: Replica, place: Place, let_pass: LetPass
    ) -> None:
        # Given
        order = await place({1: 1})
        # When
        resent = []
        for delay in (30, 60, 120):
            await let_pass(delay - 10)
            resent.append(await replica.resend())
            await let_pass(11)
            resent.append(await replica.resend())
        # Then
        assert resent == [0, 1, 0, 1, 0, 1]
        assert set(replica.published_ids[1:]) == {f"OrderCreate/{order.id}"}
        assert replica.published[-1].message == order.create_message()

    async def test_waits_at_most_ten_minutes(
        self, replica: Replica, place: Place, shop: Shop, let_pass: LetPass
    ) -> None:
        # Given
        await place({1: 1})
        delays = []
        # When
        for _ in range(8):
            await let_pass(660)
            assert await replica.resend() == 1
            document = await find_one(shop.orders_db["orders"])
            delays.append(document["resend_delay_seconds"])
            late = utc_now() + timedelta(seconds=delays[-1]) - document["resend_at"]
            assert abs(late) < timedelta(seconds=10)
        # Then
        assert delays == [60, 120, 240, 480, 600, 600, 600, 600]

    async def test_resends_unconfirmed_cancellations_but_not_answered_orders(
        self, replica: Replica, place: Place, let_pass: LetPass
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
        await let_pass(31)
        # Then
        assert await replica.resend() == 1
        assert replica.published_ids == [f"OrderCancel/{cancelled.id}"]

    async def test_does_not_resend_an_unsent_message(
        self, replica: Replica, place: Place, let_pass: LetPass
    ) -> None:
        # Given
        await place({1: 1})
        replica.published.clear()
        await let_pass(31)
        # When / Then
        assert await replica.services.resend.resend() == 0
        assert replica.published == []

    async def test_resends_100_a_second_over_all_replicas_and_each_once(
        self, replica: Replica, place: Place, shop: Shop, let_pass: LetPass
    ) -> None:
        # Given
        for _ in range(150):
            await place({1: 1})
        other = Replica(shop)
        replica.published.clear()
        await let_pass(31)
        # When / Then
        assert sorted(await asyncio.gather(replica.resend(), other.resend())) == [0, 100]
        await let_pass(1)
        assert sorted(await asyncio.gather(replica.resend(), other.resend())) == [0, 50]
        assert len({*replica.published_ids, *other.published_ids}) == 150
