"""Reads all topics from their beginning and keeps the messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shopkit.contract.topics import TOPICS


@dataclass(frozen=True)
class KafkaMessage:
    """A message in Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def event_id(self) -> str:
        """The id of the event in the message."""
        return dict(self.headers).get("ce_id", b"").decode()


class Tail:
    """Keeps each message once, in the order of arrival."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._messages: dict[KafkaMessage, None] = {}

    @property
    def messages(self) -> list[KafkaMessage]:
        """The messages so far."""
        return list(self._messages)

    async def __aenter__(self) -> Self:
        """Begin to read."""
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def send(self, messages: Sequence[KafkaMessage]) -> None:
        """Send messages unchanged."""
        async with AIOKafkaProducer(
            bootstrap_servers=self._bootstrap_servers, acks="all"
        ) as producer:
            for message in messages:
                headers = list(message.headers)
                await producer.send(message.topic, message.value, message.key, headers=headers)

    async def leader(self, topic: str) -> int:
        """Return the port of the broker that leads the first partition of a topic."""
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap_servers) as producer:
            await producer.partitions_for(topic)
            cluster = producer.client.cluster
            leader = cluster.leader_for_partition(TopicPartition(topic, 0))
            return int(cluster.broker_metadata(leader).port)

    async def _read(self) -> None:
        # After a loss of the broker a new consumer starts from the beginning, because the offsets
        # mean nothing if the broker has lost its data.
        while True:
            consumer = AIOKafkaConsumer(
                *(topic.name for topic in TOPICS),
                bootstrap_servers=self._bootstrap_servers,
                auto_offset_reset="earliest",
                metadata_max_age_ms=2_000,
            )
            try:
                await consumer.start()
                async for record in consumer:
                    self._messages.setdefault(_message(record))
            except (KafkaError, OSError):
                await asyncio.sleep(0.2)
            finally:
                await consumer.stop()


def _message(record: ConsumerRecord[bytes, bytes]) -> KafkaMessage:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return KafkaMessage(record.topic, record.key or b"", record.value or b"", headers)
