from collections.abc import Sequence

import pytest

from shopkit.clock import utc_now
from shopkit.contract.events import OrderCancel
from shopkit.messaging.dead_letter_service import ReplayFailedError, dead_letters_of
from shopkit.messaging.dead_letters import DeadLetterRepository, DeadLetterStatus, Record
from shopkit.messaging.envelope import Delivery, headers, wrap
from shopkit.messaging.handlers import Handler, HandlerTable
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

TOPIC = "shop.orders"


async def park(database: Database) -> Record:
    event = OrderCancel(order_id=an_id(1))
    message = wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
    record = Record(TOPIC, 0, 0, b"key", message.value, tuple(headers(message)))
    await DeadLetterRepository(database).add(record, "why")
    return record


class TestDeadLettersOf:
    async def test_replays_a_letter_with_the_handlers_of_its_topic(
        self, database: Database
    ) -> None:
        # Given
        applied: list[str] = []

        async def cancel(deliveries: Sequence[Delivery[OrderCancel]]) -> None:
            applied.extend(delivery.event.order_id for delivery in deliveries)

        tables = {TOPIC: HandlerTable({OrderCancel: Handler(cancel)})}
        trail = AuditTrail(database)
        letters = dead_letters_of(database, FakeTransactions(), tables, trail, utc_now)
        record = await park(database)
        # When
        letter = await letters.replay(record.id, "command line")
        # Then
        assert applied == [an_id(1)]
        assert (letter.record, letter.status) == (record, DeadLetterStatus.REPLAYED)
        assert [entry.actor for entry in letter.history] == ["command line"]

    async def test_keeps_a_letter_without_a_handler(self, database: Database) -> None:
        # Given
        letters = dead_letters_of(database, FakeTransactions(), {}, AuditTrail(database), utc_now)
        record = await park(database)
        # When
        with pytest.raises(ReplayFailedError):
            await letters.replay(record.id, "command line")
        # Then
        assert (await letters.get(record.id)).status is DeadLetterStatus.PARKED
