import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from shopkit.contract.events import OrderCancel
from shopkit.messaging import relay as module
from shopkit.messaging.envelope import wrap
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.producer import SendResult
from shopkit.messaging.relay import Relay
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Message, Publication
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id


def row(number: int, **more: Any) -> Publication:
    event = OrderCancel(order_id=an_id(number))
    return Publication(
        wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT), **more
    )


class Broker:
    """Acknowledges all but the orders that it refuses, and remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.refuses: set[str] = set()
        self.hangs = False
        self.away = False

    async def send(self, messages: Sequence[Message]) -> list[SendResult]:
        self.sent.append([message.key for message in messages])
        if self.hangs:
            await asyncio.Event().wait()
        return [self._result(message) for message in messages]

    def _result(self, message: Message) -> SendResult:
        if self.away:
            return SendResult.UNAVAILABLE
        refused = message.key in self.refuses
        return SendResult.REFUSED if refused else SendResult.ACKNOWLEDGED


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> Outbox:
    return Outbox(database, clock)


@pytest.fixture
def relay(outbox: Outbox, broker: Broker) -> Relay:
    return Relay(outbox, broker)


async def waiting(database: Database) -> list[str]:
    found = database["outbox"].find({"unsent": True}).sort("key", 1)
    return [document["key"] async for document in found]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


class TestSend:
    async def test_marks_acknowledged_messages_as_sent(
        self, relay: Relay, outbox: Outbox, broker: Broker, database: Database
    ) -> None:
        # Given
        rows = [row(1), row(2)]
        await outbox.add(rows, session=None)
        # When / Then
        assert await relay.send(rows) is True
        assert broker.sent == [[an_id(1), an_id(2)]]
        assert await waiting(database) == []

    async def test_a_refused_message_does_not_hold_up_the_others(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        counted: Callable[..., float],
    ) -> None:
        # Given
        rows = [row(1), row(2), row(3)]
        await outbox.add(rows, session=None)
        broker.refuses = {an_id(2)}
        failures = counted("outbox_send_failures_total")
        sent = counted("outbox_sent_total", topic="shop.orders")
        # When / Then
        assert await relay.send(rows) is True
        assert await waiting(database) == [an_id(2)]
        assert counted("outbox_send_failures_total") == failures + 1
        assert counted("outbox_sent_total", topic="shop.orders") == sent + 2
        assert counted("broker_up") == 1

    @pytest.mark.parametrize(("attempts", "seconds"), [(0, 0.5), (3, 4), (6, 30), (99, 30)])
    async def test_postpones_a_refused_message_longer_each_time(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        attempts: int,
        seconds: float,
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        broker.refuses = {an_id(1)}
        # When
        await relay.send([row(1, attempts=attempts)])
        # Then
        document = await database["outbox"].find_one({})
        assert document is not None
        assert document["attempts"] == 1
        assert document["leased_until"] == NOON + timedelta(seconds=seconds)

    async def test_postpones_messages_briefly_while_the_broker_is_unavailable(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        counted: Callable[..., float],
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)
        broker.away = True
        # When / Then
        assert await relay.send([row(1, attempts=9)]) is False
        document = await database["outbox"].find_one({})
        assert document is not None
        assert document["leased_until"] == NOON + timedelta(seconds=1)
        assert counted("broker_up") == 0

    async def test_each_refused_message_waits_for_its_own_attempts(
        self, relay: Relay, outbox: Outbox, broker: Broker, database: Database
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        broker.refuses = {an_id(1), an_id(2)}
        # When
        await relay.send([row(1, attempts=0), row(2, attempts=3)])
        # Then
        found = await database["outbox"].find().sort("key", 1).to_list()
        delays = [document["leased_until"] - NOON for document in found]
        assert delays == [timedelta(seconds=0.5), timedelta(seconds=4)]


class TestRun:
    async def test_sends_messages_as_they_are_handed_over(
        self, relay: Relay, outbox: Outbox, broker: Broker, database: Database
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        running = asyncio.create_task(relay.run())
        # When
        relay.hand_over([row(1)])
        await until(lambda: len(broker.sent) == 1)
        relay.hand_over([row(2)])
        await until(lambda: len(broker.sent) == 2)
        await relay.drain(5)
        running.cancel()
        # Then
        assert broker.sent == [[an_id(1)], [an_id(2)]]
        with pytest.raises(asyncio.CancelledError):
            await running

    async def test_limits_the_size_of_a_batch(
        self, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 2)
        # When
        relay.hand_over([row(number) for number in range(5)])
        await relay.drain(5)
        # Then
        assert [len(batch) for batch in broker.sent] == [2, 2, 1]

    async def test_leaves_messages_to_the_sweeper_if_the_queue_is_full(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "QUEUE", 2)
        rows = [row(1), row(2), row(3)]
        await outbox.add(rows, session=None)
        # When
        relay.hand_over(rows)
        relay.hand_over([row(3)])
        await relay.drain(5)
        # Then
        assert broker.sent == [[an_id(1), an_id(2)]]
        assert await waiting(database) == [an_id(3)]
        # When
        clock.advance(seconds=11)
        await relay.sweep()
        # Then
        assert broker.sent[1:] == [[an_id(3)]]
        assert await waiting(database) == []

    async def test_leaves_messages_to_the_sweeper_if_the_database_is_down(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        await outbox.add([row(1)], session=None)

        async def away(_rows: Sequence[Publication]) -> None:
            raise AutoReconnect

        monkeypatch.setattr(outbox, "mark_sent", away)
        # When
        relay.hand_over([row(1)])
        await relay.drain(5)
        # Then: it was sent, and will be sent once more, which readers bear.
        assert broker.sent == [[an_id(1)]]
        assert await waiting(database) == [an_id(1)]

    async def test_a_permanent_error_ends_it(
        self, relay: Relay, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        async def broken(_rows: Sequence[Publication]) -> None:
            raise OperationFailure("not authorised", 13)

        monkeypatch.setattr(outbox, "mark_sent", broken)
        relay.hand_over([row(1)])
        # When / Then
        with pytest.raises(OperationFailure):
            await asyncio.wait_for(relay.run(), 5)


class TestSweep:
    async def test_sends_batches_until_nothing_is_left(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 2)
        await outbox.add([row(number) for number in range(5)], session=None)
        clock.advance(seconds=11)
        # When
        await relay.sweep()
        # Then
        assert [len(batch) for batch in broker.sent] == [2, 2, 1]

    async def test_stops_while_the_broker_is_unavailable(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 2)
        await outbox.add([row(number) for number in range(5)], session=None)
        clock.advance(seconds=11)
        broker.away = True
        # When
        await relay.sweep()
        # Then
        assert len(broker.sent) == 1

    async def test_goes_on_behind_a_refused_message(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 2)
        await outbox.add([row(number) for number in range(5)], session=None)
        clock.advance(seconds=11)
        broker.refuses = {an_id(0)}
        # When
        await relay.sweep()
        # Then
        assert await waiting(database) == [an_id(0)]

    async def test_skips_leased_messages(
        self, relay: Relay, outbox: Outbox, broker: Broker
    ) -> None:
        await outbox.add([row(1)], session=None)
        await relay.sweep()
        assert broker.sent == []


class TestMeasure:
    async def test_counts_what_is_not_sent(
        self, relay: Relay, outbox: Outbox, clock: FakeClock, counted: Callable[..., float]
    ) -> None:
        rows = [row(number) for number in range(3)]
        await outbox.add(rows, session=None)
        clock.advance(seconds=90)
        await relay.measure()
        assert counted("outbox_unsent") == 3
        assert counted("outbox_oldest_unsent_seconds") == 90
        await relay.send(rows)
        await relay.measure()
        assert counted("outbox_unsent") == 0
        assert counted("outbox_oldest_unsent_seconds") == 0


class TestRenewLeases:
    async def test_no_sweeper_takes_messages_that_wait_in_memory(
        self, relay: Relay, outbox: Outbox, broker: Broker, database: Database, clock: FakeClock
    ) -> None:
        # Given: one message is being sent, another is queued, and one was left behind.
        await outbox.add([row(1), row(2), row(3)], session=None)
        broker.hangs = True
        running = asyncio.create_task(relay.run())
        relay.hand_over([row(1)])
        await until(lambda: len(broker.sent) == 1)
        relay.hand_over([row(2)])
        # When
        clock.advance(seconds=2)
        await relay.renew_leases()
        clock.advance(seconds=2)
        # Then
        assert await Outbox(database, clock).lease_unsent(10) == [row(3)]
        running.cancel()


class TestDrain:
    async def test_sends_again_what_was_being_sent_when_the_relay_was_cancelled(
        self, relay: Relay, outbox: Outbox, broker: Broker, database: Database
    ) -> None:
        # Given
        await outbox.add([row(1), row(2)], session=None)
        broker.hangs = True
        running = asyncio.create_task(relay.run())
        relay.hand_over([row(1)])
        await until(lambda: len(broker.sent) == 1)
        relay.hand_over([row(2)])
        # When
        running.cancel()
        await asyncio.wait([running])
        broker.hangs = False
        await relay.drain(5)
        # Then
        assert broker.sent == [[an_id(1)], [an_id(1), an_id(2)]]
        assert await waiting(database) == []

    async def test_stops_at_its_deadline_and_leaves_the_rest_in_the_outbox(
        self,
        relay: Relay,
        outbox: Outbox,
        broker: Broker,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(module, "BATCH", 1)
        rows = [row(1), row(2)]
        await outbox.add(rows, session=None)
        broker.hangs = True
        relay.hand_over(rows)
        # When
        await asyncio.wait_for(relay.drain(0.01), 5)
        # Then
        assert broker.sent == [[an_id(1)]]
        assert await waiting(database) == [an_id(1), an_id(2)]
