"""Reads batches of messages, including those that the Kafka client cannot decode."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shopkit.messaging.undecodable import (
    UNDECODABLE,
    Received,
    UndecodableBatch,
    read_undecodable,
)

POLL_MILLISECONDS = 500
BATCH = 200
PROBE_SECONDS = 1.0
"""How long the broker may take to answer before it counts as unavailable."""

Batch = Mapping[TopicPartition, Sequence[Received]]


class BatchReader:
    """Reads batches with a connected Kafka client.

    If a call of `poll` meets messages that cannot be decoded, it returns nothing, and the next call
    of `read` returns what is before them and their bytes.
    """

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        self._kafka = kafka
        self._meets_undecodable = False

    async def read(self) -> Batch:
        """Read the next messages of all partitions."""
        if self._meets_undecodable:
            return await self._read_up_to_undecodable()
        return await self.poll()

    async def poll(self) -> Batch:
        """Read the next messages of all partitions that are not paused, without undecodable ones.

        The group takes the partitions away from a consumer that does not poll.
        """
        try:
            batch: Batch = await self._kafka.getmany(
                timeout_ms=POLL_MILLISECONDS, max_records=BATCH
            )
        except UNDECODABLE:
            await self.seek_to_unread()
            self._meets_undecodable = True
            return {}
        return batch

    def seek_back(self, batch: Batch) -> None:
        """Put a batch back, so that it is read again."""
        assigned = self._kafka.assignment()
        for partition, received in batch.items():
            if partition in assigned:
                self._kafka.seek(partition, received[0].offset)

    async def broker_answers(self) -> bool:
        """Return whether the broker answers. aiokafka does not tell that it has lost the broker."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._kafka.end_offsets(self._kafka.assignment())
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    async def seek_to_unread(self) -> None:
        """Go back to the committed offsets.

        The call that failed has moved other partitions on, and what it read there is lost.
        """
        for partition in self._kafka.assignment():
            offset = await self._kafka.committed(partition)
            if offset is None:
                await self._kafka.seek_to_beginning(partition)
            else:
                self._kafka.seek(partition, offset)

    async def _read_up_to_undecodable(self) -> Batch:
        # A call that reads one message of one partition loses none, and leaves the position at the
        # message that cannot be decoded.
        batch: dict[TopicPartition, list[Received]] = {}
        for partition in sorted(self._kafka.assignment()):
            received: list[Received] = []
            try:
                while len(received) < BATCH and (found := await self._read_one(partition)):
                    received += found
            except UNDECODABLE as error:
                undecodable = await read_undecodable(self._kafka, partition, error)
                self._kafka.seek(partition, undecodable.last_offset + 1)
                received.append(undecodable)
            if received:
                batch[partition] = received
        self._meets_undecodable = False
        return batch

    async def _read_one(self, partition: TopicPartition) -> Sequence[Received]:
        found: Batch = await self._kafka.getmany(
            partition, timeout_ms=POLL_MILLISECONDS, max_records=1
        )
        return found.get(partition, [])


def offsets_behind(batch: Batch) -> dict[TopicPartition, int]:
    """Return the offset behind the last message of each partition."""
    return {partition: _last_offset(received[-1]) + 1 for partition, received in batch.items()}


def _last_offset(received: Received) -> int:
    if isinstance(received, UndecodableBatch):
        return received.last_offset
    return int(received.offset)
