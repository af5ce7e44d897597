"""Reads the products topic from its beginning, without a consumer group."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from orders.services.projection import ProductEvent
from shopkit.contract.events import PRODUCT_EVENTS, PRODUCTS_TOPIC
from shopkit.messaging.batch_reader import Batch, BatchReader, offsets_behind
from shopkit.messaging.envelope import Delivery, UndecodableError, decode, type_name
from shopkit.messaging.undecodable import Received, UndecodableBatch
from shopkit.settings import KafkaConnection

_EVENT_TYPES = {type_name(event_type): event_type for event_type in PRODUCT_EVENTS}

log = structlog.get_logger(__name__)


class _Reader(BatchReader):
    """Reads without a group, so it remembers by itself what it has returned."""

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        super().__init__(kafka)
        self._returned: dict[TopicPartition, int] = {}

    async def read(self) -> Batch:
        """Read the next messages of all partitions."""
        batch = await super().read()
        self._returned |= offsets_behind(batch)
        return batch

    async def seek_to_unread(self) -> None:
        """Go back to the messages behind those that were returned."""
        for partition in self._kafka.assignment():
            if partition in self._returned:
                self._kafka.seek(partition, self._returned[partition])
            else:
                await self._kafka.seek_to_beginning(partition)


class ProductsTopic:
    """The topic, read from where the last call ended.

    Attributes:
        skipped: The number of messages that contain no product event.
    """

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        self._kafka = kafka
        self._reader = _Reader(kafka)
        self.skipped = 0

    async def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductEvent]]]:
        """Yield batches of the events that have not been read yet."""
        ends = await self._kafka.end_offsets(self._kafka.assignment())
        while await self._is_behind(ends):
            batch = await self._reader.read()
            for received in batch.values():
                yield [delivery for item in received if (delivery := self._decode(item))]

    async def _is_behind(self, ends: dict[TopicPartition, int]) -> bool:
        return any(
            [await self._kafka.position(partition) < end for partition, end in ends.items() if end]
        )

    def _decode(self, received: Received) -> Delivery[ProductEvent] | None:
        # The regular consumer has already stored these messages as dead letters.
        try:
            if isinstance(received, UndecodableBatch):
                raise UndecodableError(repr(received.error))
            return decode(_EVENT_TYPES, received.headers, received.value)  # type: ignore[return-value]
        except UndecodableError as error:
            self.skipped += 1
            log.warning("message skipped", error=repr(error))
            return None


@asynccontextmanager
async def products_topic(connection: KafkaConnection) -> AsyncIterator[ProductsTopic]:
    """Yield the topic at its beginning."""
    kafka = AIOKafkaConsumer(
        PRODUCTS_TOPIC,
        **connection,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    try:
        yield ProductsTopic(kafka)
    finally:
        await kafka.stop()
