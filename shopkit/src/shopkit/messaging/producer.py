"""The producer: sends messages to Kafka and reports the result of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    CorruptRecordException,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from aiokafka.partitioner import DefaultPartitioner

from shopkit.messaging import envelope
from shopkit.messaging.event_spans import start_send
from shopkit.settings import KafkaConnection
from shopkit.storage.unit_of_work import Message

SEND_SECONDS = 10.0

_REFUSALS = (
    CorruptRecordException,
    InvalidTimestampError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
"""Errors that a record itself causes. The same record causes them again."""

_PARTITIONER = DefaultPartitioner()

log = structlog.get_logger(__name__)


class SendResult(Enum):
    """The result of sending a message.

    Attributes:
        ACKNOWLEDGED: All in-sync replicas have it.
        REFUSED: The broker does not accept this message.
        UNAVAILABLE: The broker did not acknowledge it. It may have it.
    """

    ACKNOWLEDGED = auto()
    REFUSED = auto()
    UNAVAILABLE = auto()


class KafkaSender:
    """An idempotent producer that waits for all in-sync replicas.

    It connects when there is something to send, so that a service starts without a broker. After
    an error it is replaced by a new one.
    """

    def __init__(self, connection: KafkaConnection, client_id: str) -> None:
        self._connection = connection
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None

    async def send(self, messages: Sequence[Message]) -> list[SendResult]:
        """Send messages and return the result of each within 10 s.

        The broker refuses a whole batch of records because of a single one. So messages that were
        not acknowledged next to a refused one are sent again in halves, until those that the
        broker refuses are alone. That takes 10 s for each attempt at most.
        """
        results = await self._send_together(messages)
        if SendResult.REFUSED not in results or len(messages) == 1:
            return results
        open_ = [i for i, result in enumerate(results) if result is not SendResult.ACKNOWLEDGED]
        middle = (len(open_) + 1) // 2
        for half in filter(None, (open_[:middle], open_[middle:])):
            again = await self.send([messages[i] for i in half])
            for i, result in zip(half, again, strict=True):
                results[i] = result
        return results

    async def _send_together(self, messages: Sequence[Message]) -> list[SendResult]:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._connected()
                results = await asyncio.gather(
                    *(self._send_one(producer, message) for message in messages)
                )
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("broker unavailable", error=repr(error))
            results = [SendResult.UNAVAILABLE] * len(messages)
        if any(result is not SendResult.ACKNOWLEDGED for result in results):
            # Some errors are permanent for a producer, such as an epoch that the broker forgot.
            await self.close()
        return results

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
                **self._connection,
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

    async def _send_one(self, producer: AIOKafkaProducer, message: Message) -> SendResult:
        with start_send(message) as span:
            try:
                acknowledged = await producer.send(
                    message.topic,
                    message.value,
                    key=message.key.encode(),
                    partition=await _partition(producer, message),
                    headers=envelope.headers(replace(message, trace_context=span.trace_context)),
                    timestamp_ms=int(message.time.timestamp() * 1000),
                )
                await acknowledged
            except KafkaError as error:
                span.set_failed(type(error).__name__)
                log.warning("not sent", event_id=message.id, topic=message.topic, error=repr(error))
                refused = isinstance(error, _REFUSALS)
                return SendResult.REFUSED if refused else SendResult.UNAVAILABLE
        return SendResult.ACKNOWLEDGED


async def _partition(producer: AIOKafkaProducer, message: Message) -> int:
    partitions = sorted(await producer.partitions_for(message.topic))
    return int(_PARTITIONER(message.partition_key.encode(), partitions, partitions))
