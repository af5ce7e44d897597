"""Reads the products' topic from its beginning, outside of any group."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from orders.services.projection import ProductEvent
from shopkit.contract.events import PRODUCTS_TOPIC, Delivery, UndecodableError, decode

BATCH = 500

log = structlog.get_logger(__name__)


class ProductsTopic:
    """The topic, read on from where the last reading ended."""

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        self._kafka = kafka

    async def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductEvent]]]:
        """Yield what has been written by now and was not read yet."""
        ends = await self._kafka.end_offsets(self._kafka.assignment())
        while await self._behind(ends):
            batches = await self._kafka.getmany(timeout_ms=200, max_records=BATCH)
            for records in batches.values():
                yield [
                    delivery
                    for record in records
                    if (delivery := _decoded(tuple(record.headers), record.value))
                ]

    async def _behind(self, ends: dict[TopicPartition, int]) -> bool:
        return any(
            [await self._kafka.position(partition) < end for partition, end in ends.items() if end]
        )


def _decoded(
    headers: tuple[tuple[str, bytes], ...], value: bytes | None
) -> Delivery[ProductEvent] | None:
    # The live consumer parks what can't be read; here it is only passed over.
    try:
        return decode(headers, value)  # type: ignore[return-value]
    except UndecodableError as error:
        log.warning("passed over", error=repr(error))
        return None


@asynccontextmanager
async def products_topic(bootstrap_servers: str) -> AsyncIterator[ProductsTopic]:
    """Yield the topic, to be read from its beginning."""
    kafka = AIOKafkaConsumer(
        PRODUCTS_TOPIC,
        bootstrap_servers=bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    try:
        yield ProductsTopic(kafka)
    finally:
        await kafka.stop()
