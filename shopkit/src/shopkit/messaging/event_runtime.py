"""What a service with an outbox and consumers runs, put together once."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient

from shopkit.clock import utc_now
from shopkit.contract import topics
from shopkit.loops import Loop, Loops, every, forgiving
from shopkit.messaging.consumer import Consumer, Subscription
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.dead_letters import DeadLetters
from shopkit.messaging.handlers import Table, applier
from shopkit.messaging.outbox import Outbox, Row
from shopkit.messaging.relay import KafkaSender, Relay
from shopkit.settings import KafkaSettings
from shopkit.storage import migrations
from shopkit.storage.audit import AuditTrail
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import (
    Database,
    Document,
    MongoTransactions,
    check_writable_primary,
    is_temporary,
)
from shopkit.web.health import Check

DRAIN_SECONDS = 5.0
SWEEP_SECONDS = 0.5
TOPICS_SECONDS = 15.0


class EventPath:
    """A service's relay, sweeper and consumers, supervised, with their checks.

    Kafka may be away: the service then works without it, and events wait in the outbox.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        service: str,
        client: AsyncMongoClient[Document],
        database: Database,
        migration_list: Sequence[Migration],
    ) -> None:
        self._settings = settings
        self._client = client
        self._database = database
        self._migrations = migration_list
        self._dead_letters = DeadLetters(database)
        self._sender = KafkaSender(settings.kafka_bootstrap_servers, service)
        self._relay = Relay(Outbox(database), self._sender)
        self._tables: dict[str, Table] = {}
        self._consumers: dict[str, Consumer] = {}
        self._loops: dict[str, Loop] = {
            "relay": self._relay.run,
            "sweeper": every(SWEEP_SECONDS, forgiving(self._relay.sweep, is_temporary)),
            "topics": every(TOPICS_SECONDS, forgiving(self._ensure_topics, is_away)),
        }
        self._running = Loops({})

    def hand_over(self, rows: Sequence[Row]) -> None:
        """Give the relay rows whose transaction is committed."""
        self._relay.hand_over(rows)

    def consume(self, subscription: Subscription, table: Table) -> None:
        """Have a topic read; before the path is entered."""
        self._tables[subscription.topic] = table
        consumer = Consumer(subscription, table, self._dead_letters, is_temporary)
        self._consumers[subscription.topic] = consumer
        self._loops[f"consumer of {subscription.topic}"] = consumer.run

    def letters(self, trail: AuditTrail) -> DeadLetterService:
        """Return what admins do about events that could not be applied."""
        return DeadLetterService(
            transactions=MongoTransactions(self._client),
            letters=self._dead_letters,
            trail=trail,
            apply=applier(self._tables),
            clock=utc_now,
        )

    def run_beside(self, name: str, loop: Loop) -> None:
        """Have another loop run under the same supervision; before the path is entered."""
        self._loops[name] = loop

    @property
    def checks(self) -> Mapping[str, Check]:
        """What has to work for the service to be ready."""
        return {
            "database": self._check_database,
            "loops": self._check_loops,
            **{f"consumer of {topic}": one.check for topic, one in self._consumers.items()},
        }

    async def __aenter__(self) -> Self:
        """Start all loops."""
        self._running = Loops(self._loops)
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the loops, then send what was handed over meanwhile."""
        await self._running.__aexit__(kind, error, trace)
        await self._relay.drain(DRAIN_SECONDS)
        await self._sender.close()

    async def _check_database(self) -> None:
        await check_writable_primary(self._client)
        await migrations.check(self._database, self._migrations)

    async def _check_loops(self) -> None:
        await self._running.check()

    async def _ensure_topics(self) -> None:
        await topics.ensure_topics(self._settings)


def is_away(error: BaseException) -> bool:
    """Whether the broker, or the way to it, is to blame."""
    return isinstance(error, (KafkaError, OSError, TimeoutError))
