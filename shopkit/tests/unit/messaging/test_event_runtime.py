import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from shopkit.checks import failing_checks
from shopkit.contract.events import OrderCancel
from shopkit.messaging import event_runtime as module
from shopkit.messaging.consumer import Subscription
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.messaging.event_runtime import EventRuntime
from shopkit.messaging.handlers import Handler
from shopkit.settings import Environment, KafkaSettings
from shopkit.storage.audit import AuditTrail
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Message, Publication
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

SETTINGS = KafkaSettings(
    environment=Environment.DEVELOPMENT,
    port=1,
    mongo_url="mongodb://127.0.0.1:1",
    kafka_bootstrap_servers="127.0.0.1:1",
)


class Sender:
    """Stands in for the producer."""

    def __init__(self, _servers: str, _client_id: str) -> None:
        self.sent: list[str] = []
        self.closed = False

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        self.sent += [message.id for message in messages]
        return [True] * len(messages)

    async def close(self) -> None:
        self.closed = True


class AwayConsumer:
    """A consumer whose broker is away."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take whatever it is told."""

    async def start(self) -> None:
        raise KafkaConnectionError

    async def stop(self) -> None:
        """Nothing runs."""


async def nothing(_given: Any) -> None:
    """Do nothing."""


class Client:
    def __init__(self) -> None:
        self.primary = True

    @property
    def admin(self) -> "Client":
        return self

    async def command(self, _name: str) -> dict[str, bool]:
        return {"isWritablePrimary": self.primary}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def path(database: Database, client: Client, monkeypatch: pytest.MonkeyPatch) -> EventRuntime:
    async def no_topics(_settings: KafkaSettings) -> None:
        raise KafkaConnectionError

    monkeypatch.setattr(module, "KafkaSender", Sender)
    monkeypatch.setattr("shopkit.messaging.consumer.AIOKafkaConsumer", AwayConsumer)
    monkeypatch.setattr("shopkit.contract.topics.ensure_topics", no_topics)
    double: Any = client
    path = EventRuntime(SETTINGS, "orders-ms", double, database, [Migration("0001-one", nothing)])
    path.consume(
        Subscription("127.0.0.1:1", "shop.orders", "orders-ms", "orders-ms"),
        {OrderCancel: Handler(nothing)},
    )
    return path


async def migrated(database: Database) -> None:
    await database["migrations"].insert_one({"_id": "0001-one"})


def row(number: int) -> Publication:
    event = OrderCancel(order_id=an_id(number))
    return Publication(
        Message.of(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)
    )


class TestEventPath:
    async def test_is_ready_without_a_broker(self, path: EventRuntime, database: Database) -> None:
        # Given
        await migrated(database)
        # When
        async with path:
            await asyncio.sleep(0)
            failing = await failing_checks(path.checks)
        # Then
        assert failing == {}
        assert list(path.checks) == ["database", "loops", "consumer of shop.orders"]

    async def test_is_not_ready_without_its_migrations_or_a_primary(
        self, path: EventRuntime, database: Database, client: Client
    ) -> None:
        assert await failing_checks(path.checks) == {
            "database": "migrations not applied: 0001-one; run `migrate`"
        }
        client.primary = False
        assert await failing_checks(path.checks) == {
            "database": "the database has no writable primary"
        }

    async def test_a_loop_that_dies_is_named(self, path: EventRuntime, database: Database) -> None:
        # Given
        await migrated(database)

        async def dies() -> None:
            raise ZeroDivisionError

        path.run_beside("resend", dies)
        # When
        async with path:
            await asyncio.sleep(0.001)
            failing = await failing_checks(path.checks)
        # Then
        assert failing == {"loops": "resend: ZeroDivisionError()"}

    async def test_what_is_handed_over_is_sent_before_it_ends(self, path: EventRuntime) -> None:
        # Given
        sender: Any = path._sender
        # When
        async with path:
            path.hand_over([row(1), row(2)])
        # Then
        assert sender.sent == [row(1).message.id, row(2).message.id]
        assert sender.closed

    async def test_dead_letters_are_applied_by_its_tables(
        self, path: EventRuntime, database: Database
    ) -> None:
        # Given
        record = Record("shop.orders", 0, 0, b"key", b"{", ())
        await DeadLetterRepository(database).park(record, "why")
        # When
        letter = await path.letters(AuditTrail(database)).letter(record.id)
        # Then
        assert letter.reason == "why"
