"""Reads all topics from their beginning, and keeps what it finds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError

from shopkit.contract.topics import TOPICS


@dataclass(frozen=True)
class Seen:
    """A message in Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def id(self) -> str:
        """The event's id."""
        return dict(self.headers).get("ce_id", b"").decode()


class Tail:
    """Keeps each message once, in the order in which it was first seen."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self.seen: dict[Seen, None] = {}

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

    async def send(self, messages: Sequence[Seen]) -> None:
        """Send messages as they came."""
        async with AIOKafkaProducer(bootstrap_servers=self._servers, acks="all") as producer:
            for each in messages:
                await producer.send(each.topic, each.value, each.key, headers=list(each.headers))

    async def _read(self) -> None:
        # Each time anew where the broker goes: offsets of a broker without its data mean nothing.
        while True:
            consumer = AIOKafkaConsumer(
                *(topic.name for topic in TOPICS),
                bootstrap_servers=self._servers,
                auto_offset_reset="earliest",
                metadata_max_age_ms=2_000,
            )
            try:
                await consumer.start()
                async for record in consumer:
                    self.seen.setdefault(_seen(record))
            except (KafkaError, OSError):
                await asyncio.sleep(0.2)
            finally:
                await consumer.stop()


def _seen(record: ConsumerRecord[bytes, bytes]) -> Seen:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Seen(record.topic, record.key or b"", record.value or b"", headers)
