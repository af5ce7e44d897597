"""Batches that the Kafka client cannot decode, such as those with an invalid header name.

Kafka stores messages in batches and checks little of what they contain. aiokafka decodes them in
`getmany`, which raises, moves other partitions on, and drops the messages that it has read from
them. It can read neither the rest of the batch nor anything behind it.
"""

import struct
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError, for_code
from aiokafka.protocol.fetch import FetchRequest

UNDECODABLE = (UnicodeDecodeError, CorruptRecordException, UnsupportedCodecError)
"""What `getmany` raises for a header name, a checksum or a compression that it cannot decode."""

_WAIT_MILLISECONDS = 500
_MAX_BYTES = 1 << 20
"""A larger batch is returned as well, because Kafka always returns at least one."""
_READ_UNCOMMITTED = 0

# The base offset, the length of what follows it, the leader's epoch, the format, the checksum, the
# attributes, and the last offset relative to the first.
_HEADER = struct.Struct(">qiibIhi")
_LENGTH_END = struct.calcsize(">qi")


@dataclass(frozen=True, slots=True)
class UndecodableBatch:
    """A batch that cannot be decoded. It takes the place of its messages.

    Attributes:
        offset: The first offset that was not read.
        last_offset: The last offset of the batch.
        value: The bytes of the whole batch.
        error: Why it cannot be decoded.
    """

    topic: str
    partition: int
    offset: int
    last_offset: int
    value: bytes
    error: Exception


Received: TypeAlias = ConsumerRecord[bytes, bytes] | UndecodableBatch
"""What a consumer reads: a message, or a batch of messages that cannot be decoded."""


async def read_undecodable(
    kafka: AIOKafkaConsumer, partition: TopicPartition, error: Exception
) -> UndecodableBatch:
    """Read the bytes of the batch at a partition's position.

    Raises:
        aiokafka.errors.KafkaError: The broker is unavailable or refuses.
    """
    offset = await kafka.position(partition)
    # The client is private, but aiokafka offers no other way to the bytes. The integration test
    # of poisoned batches fails if this part of aiokafka changes.
    client = kafka._client  # noqa: SLF001
    asked = (partition.partition, offset, _MAX_BYTES)
    request = FetchRequest(
        _WAIT_MILLISECONDS, 1, _MAX_BYTES, _READ_UNCOMMITTED, [(partition.topic, [asked])]
    )
    response = await client.send(client.cluster.leader_for_partition(partition), request)
    [(_topic, [(_partition, error_code, high_water_mark, *_, data)])] = response.topics
    if error_code:
        raise for_code(error_code)
    base_offset, length, *_, last_delta = _HEADER.unpack_from(data)
    # The header itself may be damaged.
    last_offset = min(max(offset, base_offset + last_delta), high_water_mark - 1)
    return UndecodableBatch(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        last_offset=last_offset,
        value=bytes(data[: _LENGTH_END + length]),
        error=error,
    )
