"""The producer: sends messages to Kafka and reports which of them were acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shopkit.messaging import envelope
from shopkit.messaging.event_spans import start_send
from shopkit.storage.unit_of_work import Message

SEND_SECONDS = 10.0

log = structlog.get_logger(__name__)


class KafkaSender:
    """An idempotent producer that waits for all in-sync replicas.

    It connects when there is something to send, so that a service starts without a broker. After
    an error it is replaced by a new one.
    """

    def __init__(self, bootstrap_servers: str, client_id: str) -> None:
        self._servers = bootstrap_servers
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        """Send messages and return, for each, whether the broker acknowledged it within 10 s."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._connected()
                acknowledged = await asyncio.gather(
                    *(self._send_one(producer, message) for message in messages)
                )
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("broker unavailable", error=repr(error))
            acknowledged = [False] * len(messages)
        if not all(acknowledged):
            # Some errors are permanent for a producer, such as an epoch that the broker forgot.
            await self.close()
        return acknowledged

    async def close(self) -> None:
        """Disconnect from the broker."""
        producer, self._producer = self._producer, None
        if producer:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await producer.stop()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("producer did not stop", error=repr(error))

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                client_id=self._client_id,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                max_batch_size=256 * 1024,
                request_timeout_ms=5_000,
                retry_backoff_ms=100,
                metadata_max_age_ms=30_000,
            )
            self._producer = producer
            await producer.start()
        return self._producer

    async def _send_one(self, producer: AIOKafkaProducer, message: Message) -> bool:
        with start_send(message) as span:
            try:
                acknowledged = await producer.send(
                    message.topic,
                    message.value,
                    key=message.key.encode(),
                    headers=envelope.headers(replace(message, trace_context=span.trace_context)),
                    timestamp_ms=int(message.time.timestamp() * 1000),
                )
                await acknowledged
            except KafkaError as error:
                span.set_failed(type(error).__name__)
                log.warning("not sent", event_id=message.id, topic=message.topic, error=repr(error))
                return False
        return True
