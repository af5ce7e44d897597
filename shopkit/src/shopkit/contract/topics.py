"""Topics are made by code, with their partitions and retention, and made again if missing."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from shopkit.contract.events import ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.retry import patiently
from shopkit.settings import KafkaSettings

log = structlog.get_logger(__name__)

_DAYS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Topic:
    """A topic and its configuration."""

    name: str
    config: Mapping[str, str] = field(default_factory=dict)


TOPICS: Sequence[Topic] = (
    # The last state of each product is kept for ever: it alone rebuilds the projection.
    Topic(PRODUCTS_TOPIC, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}),
    Topic(ORDERS_TOPIC, {"retention.ms": str(14 * _DAYS)}),
    Topic(ORDER_STATUS_TOPIC, {"retention.ms": str(14 * _DAYS)}),
)


async def ensure_topics(settings: KafkaSettings) -> list[str]:
    """Create the topics that are missing and return their names.

    Raises:
        aiokafka.errors.KafkaError: The broker is away or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    try:
        await admin.start()
        present = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if topic.name not in present]
        if missing:
            await _create(admin, missing, settings)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def make_topics(settings: KafkaSettings) -> None:
    """Create the topics that are missing, and say which; wait for a broker that is coming up."""
    created = await patiently("broker", lambda: ensure_topics(settings), (KafkaError, OSError))
    sys.stdout.write(f"topics created: {', '.join(created) or 'none'}\n")


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
