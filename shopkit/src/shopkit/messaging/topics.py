"""Topics, created with their partitions and retention if they are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from shopkit.retry import retry_until_available
from shopkit.settings import KafkaSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Topic:
    """A topic and its Kafka configuration."""

    name: str
    config: Mapping[str, str] = field(default_factory=dict)


async def create_topics(settings: KafkaSettings, topics: Sequence[Topic]) -> list[str]:
    """Create missing topics and return their names. Wait for a broker that is still starting."""
    return await retry_until_available(
        "broker", lambda: ensure_topics(settings, topics), (KafkaError, OSError)
    )


async def ensure_topics(settings: KafkaSettings, topics: Sequence[Topic]) -> list[str]:
    """Create missing topics and return their names.

    Raises:
        aiokafka.errors.KafkaError: The broker is unavailable or refuses.
    """
    admin = AIOKafkaAdminClient(**settings.kafka_connection)
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            await _create(admin, missing, settings)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def _create(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], settings: KafkaSettings
) -> None:
    replicas = settings.topic_replication_factor
    in_sync = str(max(1, replicas - 1))
    await admin.create_topics(
        [
            NewTopic(
                topic.name,
                num_partitions=settings.topic_partitions,
                replication_factor=replicas,
                topic_configs={**topic.config, "min.insync.replicas": in_sync},
            )
            for topic in topics
        ]
    )
    log.info("topics created", topics=[topic.name for topic in topics])
