import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import REGISTRY

from shopkit.checks import run_checks
from shopkit.clock import utc_now
from shopkit.contract.events import OrderCancel
from shopkit.messaging import event_runtime as module
from shopkit.messaging.envelope import wrap
from shopkit.messaging.event_runtime import EventRuntime, is_broker_unavailable
from shopkit.messaging.handlers import Handler, HandlerTable
from shopkit.messaging.producer import SendResult
from shopkit.settings import Environment, KafkaSettings
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

    async def send(self, messages: Sequence[Message]) -> list[SendResult]:
        self.sent += [message.id for message in messages]
        return [SendResult.ACKNOWLEDGED] * len(messages)

    async def close(self) -> None:
        self.closed = True


class DisconnectedConsumer:
    """A consumer whose broker is unavailable."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Accept any options."""

    async def start(self) -> None:
        raise KafkaConnectionError

    async def stop(self) -> None:
        """Do nothing."""


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
def senders(monkeypatch: pytest.MonkeyPatch) -> list[Sender]:
    """The producers that were created."""
    senders: list[Sender] = []

    def create(servers: str, client_id: str) -> Sender:
        senders.append(Sender(servers, client_id))
        return senders[-1]

    monkeypatch.setattr(module, "KafkaSender", create)
    return senders


@pytest.fixture
def runtime(
    database: Database, client: Client, senders: list[Sender], monkeypatch: pytest.MonkeyPatch
) -> EventRuntime:
    async def fail(*_: object) -> list[str]:
        raise KafkaConnectionError

    monkeypatch.setattr("shopkit.messaging.consumer.AIOKafkaConsumer", DisconnectedConsumer)
    monkeypatch.setattr(module, "ensure_topics", fail)
    double: Any = client
    runtime = EventRuntime(
        SETTINGS,
        "orders-ms",
        double,
        database,
        migration_list=[Migration("0001-one", nothing)],
        topics=[],
        clock=utc_now,
        release="release-1",
    )
    runtime.add_consumer("shop.orders", HandlerTable({OrderCancel: Handler(nothing)}))
    return runtime


def message(number: int) -> Message:
    event = OrderCancel(order_id=an_id(number))
    return wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)


async def migrated(database: Database) -> None:
    await database["migrations"].insert_one({"_id": "0001-one"})


class TestEventRuntime:
    def test_counts_dead_letters_of_a_topic_from_zero(self, runtime: EventRuntime) -> None:
        runtime.add_consumer("shop.quiet", HandlerTable({OrderCancel: Handler(nothing)}))
        labels = {"topic": "shop.quiet"}
        assert REGISTRY.get_sample_value("dead_letters_parked_total", labels) == 0

    async def test_is_ready_without_a_broker(
        self, runtime: EventRuntime, database: Database
    ) -> None:
        # Given
        await migrated(database)
        # When
        async with runtime:
            await asyncio.sleep(0)
            failing = (await run_checks(runtime.checks)).failing
        # Then
        assert failing == {}
        assert list(runtime.checks) == ["database", "loops", "consumer of shop.orders"]

    async def test_is_not_ready_without_its_migrations_or_a_primary(
        self, runtime: EventRuntime, database: Database, client: Client
    ) -> None:
        assert (await run_checks(runtime.checks)).failing == {
            "database": "migrations not applied: 0001-one; run `migrate`"
        }
        client.primary = False
        assert (await run_checks(runtime.checks)).failing == {
            "database": "the database has no writable primary"
        }

    async def test_names_a_loop_that_died(self, runtime: EventRuntime, database: Database) -> None:
        # Given
        await migrated(database)

        async def dies() -> None:
            raise ZeroDivisionError

        runtime.add_loop("resend", dies)
        # When
        async with runtime:
            await asyncio.sleep(0.001)
            failing = (await run_checks(runtime.checks)).failing
        # Then
        assert failing == {"loops": "resend: ZeroDivisionError()"}

    async def test_sends_queued_messages_before_it_ends(
        self, runtime: EventRuntime, senders: list[Sender]
    ) -> None:
        # Given
        publications = [Publication(message(number)) for number in (1, 2)]
        # When
        async with runtime:
            runtime.hand_over(publications)
        # Then
        (sender,) = senders
        assert sender.sent == [f"OrderCancel/{an_id(1)}", f"OrderCancel/{an_id(2)}"]
        assert sender.closed


class TestIsBrokerUnavailable:
    @pytest.mark.parametrize("error", [KafkaConnectionError(), OSError(), TimeoutError()])
    def test_is_true_for_errors_of_the_broker_and_the_network(self, error: Exception) -> None:
        assert is_broker_unavailable(error)

    def test_is_false_for_other_errors(self) -> None:
        assert not is_broker_unavailable(ValueError())
