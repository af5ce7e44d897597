"""The event runtime: runs the relay, the sweeper and the consumers of a service."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import pymongo
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from shopkit.checks import Check
from shopkit.clock import Clock
from shopkit.loops import FINISH_SECONDS, Loop, Loops, every, skip_temporary_errors
from shopkit.messaging.batch_processor import BatchProcessor
from shopkit.messaging.consumer import LEAVE_SECONDS, Consumer, Subscription
from shopkit.messaging.dead_letters import PARKED, DeadLetterRepository
from shopkit.messaging.handlers import HandlerTable
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.messaging.producer import SEND_SECONDS, KafkaSender
from shopkit.messaging.relay import RENEW_SECONDS, Relay
from shopkit.messaging.topics import Topic, ensure_topics
from shopkit.settings import KafkaSettings
from shopkit.storage import migrations
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database, Document, check_writable_primary, is_temporary
from shopkit.storage.unit_of_work import MailStore, MongoTransactions

CONNECT_SECONDS = 2.0
DRAIN_SECONDS = 5.0
STOP_SECONDS = FINISH_SECONDS + LEAVE_SECONDS + DRAIN_SECONDS + SEND_SECONDS
"""How long it may take to stop."""
SWEEP_SECONDS = 1.0
MEASURE_SECONDS = 10.0
TOPICS_SECONDS = 15.0


class EventRuntime:
    """Runs a service's relay, sweeper and consumers, and provides their readiness checks.

    Kafka may be down: the service works without it, and messages stay in the outbox.

    Args:
        settings: The service's settings.
        service: The service's name, which is also its consumer group.
        client: The database client.
        database: The database.
        migration_list: The migrations that the database must have.
        topics: The topics that must exist.
        clock: The database's clock.
        release: A digest of the service's code.
        mails: The stored mails, None if the shop sends no mail.

    Attributes:
        hand_over: Hands committed messages to the relay.
        transactions: The transactions whose messages the relay sends.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        service: str,
        client: AsyncMongoClient[Document],
        database: Database,
        *,
        migration_list: Sequence[Migration],
        topics: Sequence[Topic],
        clock: Clock,
        release: str,
        mails: MailStore | None = None,
    ) -> None:
        self._settings = settings
        self._service = service
        self._client = client
        self._database = database
        self._migrations = migration_list
        self._topics = topics
        outbox = Outbox(database, clock)
        self._sender = KafkaSender(settings.kafka_connection, service)
        self._relay = Relay(outbox, self._sender)
        self.hand_over = self._relay.hand_over
        self.transactions = MongoTransactions(client, outbox, self.hand_over, mails)
        self._dead_letters = DeadLetterRepository(database, clock, release)
        self._pauses = PauseRepository(database, release, clock)
        self._consumers: dict[str, Consumer] = {}
        self._loops: dict[str, Loop] = {
            "relay": self._relay.run,
            "sweeper": every(SWEEP_SECONDS, skip_temporary_errors(self._relay.sweep, is_temporary)),
            "outbox metrics": every(
                MEASURE_SECONDS, skip_temporary_errors(self._relay.measure, is_temporary)
            ),
            "leases": every(
                RENEW_SECONDS, skip_temporary_errors(self._relay.renew_leases, is_temporary)
            ),
            "topics": every(
                TOPICS_SECONDS, skip_temporary_errors(self._ensure_topics, is_broker_unavailable)
            ),
        }
        self._consuming = Loops({})
        self._running = Loops({})

    def add_consumer(self, topic: str, table: HandlerTable) -> None:
        """Add a consumer of a topic, before the runtime starts."""
        subscription = Subscription(
            self._settings.kafka_connection, topic, self._service, self._service
        )
        processor = BatchProcessor(table, self._dead_letters, self._pauses, is_temporary)
        # The series exists from the start, so that an alert sees the first dead letter.
        PARKED.labels(topic)
        self._consumers[f"consumer of {topic}"] = Consumer(
            subscription, processor, self._pauses, is_temporary
        )

    def add_loop(self, name: str, loop: Loop) -> None:
        """Add a background loop, before the runtime starts."""
        self._loops[name] = loop

    @property
    def checks(self) -> Mapping[str, Check]:
        """The checks that must pass for the service to be ready."""
        return {
            "database": self._check_database,
            "loops": self._check_loops,
            **{name: consumer.check for name, consumer in self._consumers.items()},
        }

    async def __aenter__(self) -> Self:
        """Start all loops."""
        # The first heartbeat sets the clock. The service starts without a database as well.
        with suppress(PyMongoError, ConnectionError), pymongo.timeout(CONNECT_SECONDS):
            await check_writable_primary(self._client)
        self._consuming = Loops(
            {name: consumer.run for name, consumer in self._consumers.items()},
            self._stop_consumers,
        )
        self._running = Loops(self._loops)
        await self._running.__aenter__()
        await self._consuming.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the consumers, then all other loops, and send the messages that are still queued.

        A consumer finishes its batch, commits its offsets and leaves its group, so that another
        replica takes over at once.
        """
        await self._consuming.__aexit__(kind, error, trace)
        await self._running.__aexit__(kind, error, trace)
        await self._relay.drain(DRAIN_SECONDS)
        await self._sender.close()

    async def _check_database(self) -> None:
        await check_writable_primary(self._client)
        await migrations.check(self._database, self._migrations)

    async def _check_loops(self) -> None:
        await self._running.check()
        await self._consuming.check()

    def _stop_consumers(self) -> None:
        for consumer in self._consumers.values():
            consumer.stop()

    async def _ensure_topics(self) -> None:
        await ensure_topics(self._settings, self._topics)


def is_broker_unavailable(error: BaseException) -> bool:
    """Return whether an error comes from the broker or the connection to it."""
    return isinstance(error, (KafkaError, OSError, TimeoutError))
