"""A bad release or a poisoned batch delays events; it answers, parks and loses none by mistake."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from tests.integration.shop import Place, Shop, eventually, find_one

from products.dependencies import Services
from products.services.decisions import DecisionService
from shopkit.checks import run_checks
from shopkit.contract.events import ORDERS_TOPIC, OrderCancel
from shopkit.messaging import pauses
from shopkit.messaging.dead_letter_service import ReplayFailedError
from shopkit.messaging.envelope import headers, wrap
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.web.admin_routes import DeadLetterBody
from stack import Stack

CONSUMER = "consumer of shop.orders"
PARTITION = 0
ZSTD = 4
MARK = b"damage-me"


def batch(*numbers: int, marked: int | None = None) -> bytes:
    """Return a batch of cancellations. The header `x` of one of them is MARK, name and value."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset, number in enumerate(numbers):
        event = OrderCancel(order_id=an_id(number))
        sent = wrap(event, source="tests", time=NOON, trace_context=TRACE_CONTEXT)
        extra = [(MARK.decode(), b"x")] if number == marked else []
        builder.append(offset, 0, sent.key.encode(), sent.value, [*headers(sent), *extra])
    return bytes(builder.build())


def with_checksum(data: bytes) -> bytes:
    """Return a batch with the right checksum."""
    start = DefaultRecordBase.ATTRIBUTES_OFFSET
    checksum = struct.pack(">I", calc_crc32c(data[start:]))
    return data[: DefaultRecordBase.CRC_OFFSET] + checksum + data[start:]


def in_zstd(data: bytes) -> bytes:
    """Return a batch with its messages in a Zstandard frame, which aiokafka reads only if a package
    is installed.
    """
    size = DefaultRecordBase.HEADER_STRUCT.size
    fields = list(DefaultRecordBase.HEADER_STRUCT.unpack_from(data))
    messages = data[size:]
    block = struct.pack("<I", len(messages) << 3 | 1)[:3]
    frame = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(messages)) + block + messages
    fields[1] = size + len(frame) - 12
    fields[5] = ZSTD
    return with_checksum(DefaultRecordBase.HEADER_STRUCT.pack(*fields) + frame)


Write = Callable[[bytes], Any]


@pytest.fixture
async def write(shop: Shop) -> AsyncIterator[Write]:
    """Write a batch to the topic of orders unchanged."""
    producer = AIOKafkaProducer(bootstrap_servers=shop.products_settings.kafka_bootstrap_servers)
    await producer.start()
    await producer.partitions_for(ORDERS_TOPIC)

    async def write(data: bytes) -> None:
        request = ProduceRequest(None, -1, 5_000, [(ORDERS_TOPIC, [(PARTITION, data)])])
        client = producer.client

        async def written() -> bool:
            node = client.cluster.leader_for_partition(TopicPartition(ORDERS_TOPIC, PARTITION))
            response = await client.send(node, request)
            [(_topic, [(_partition, error, *_)])] = response.topics
            # The leader of a new topic may not know yet that it leads.
            assert error in {0, NotLeaderForPartitionError.errno}
            return bool(error == 0)

        await eventually(written)

    yield write
    await producer.stop()


async def decided(shop: Shop) -> set[str]:
    return {str(row["_id"]) async for row in shop.products_db["orders"].find()}


class TestPoisonedBatch:
    @pytest.fixture
    def damage(self, servers: Stack) -> Callable[[], None]:
        """Damage a batch on the broker's disk, because the broker refuses a wrong checksum."""

        def damage() -> None:
            folder = servers.settings.state / "data/kafka/log" / f"{ORDERS_TOPIC}-{PARTITION}"
            file = folder / "00000000000000000000.log"
            data = file.read_bytes()
            assert MARK in data
            with file.open("r+b") as opened:
                opened.seek(data.index(MARK))
                opened.write(MARK.upper())

        return damage

    @pytest.mark.parametrize("kind", ["header name", "checksum", "compression"])
    async def test_is_parked_with_its_bytes_and_the_others_are_applied(
        self,
        shop: Shop,
        running: AsyncExitStack,
        write: Write,
        damage: Callable[[], None],
        kind: str,
    ) -> None:
        # Given: a good batch, a batch whose second message is bad, and another good one
        poison = batch(3, 4, 5, marked=4)
        if kind == "header name":
            poison = with_checksum(poison.replace(MARK, b"\xff" * len(MARK)))
        if kind == "compression":
            poison = in_zstd(poison)
        await write(batch(1, 2))
        await write(poison)
        await write(batch(6))
        if kind == "checksum":
            damage()
        # When
        services = await shop.run_products(running)
        # Then: aiokafka checks the sum and the compression of a batch before it reads a message
        read = {an_id(3)} if kind == "header name" else set()
        expected = {an_id(1), an_id(2), an_id(6)} | read

        async def complete() -> bool:
            return await decided(shop) == expected

        await eventually(complete)
        [row] = await shop.products_db["dead_letters"].find().to_list()
        offset = 3 if read else 2
        assert (row["partition"], row["offset"], row["last_offset"]) == (PARTITION, offset, 4)
        assert len(row["value"]) == len(poison)
        assert row["reason"].startswith(
            f"The Kafka client cannot decode the messages from offset {offset} to 4: "
        )
        assert await run_checks(services.checks) == ({}, [])
        # And admins see it, and cannot replay it.
        assert services.dead_letters
        letter = await services.dead_letters.get(row["_id"])
        assert DeadLetterBody.of(letter).model_dump_json()
        with pytest.raises(ReplayFailedError, match="The Kafka client cannot decode"):
            await services.dead_letters.replay(row["_id"], "admin@aaa.com")


class TestBadRelease:
    async def run_bad_products(
        self, shop: Shop, running: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> Services:
        """Run a release of products-ms that fails at every order, until it is paused."""

        async def fail(*_: Any) -> None:
            raise TypeError("a bad release")

        with monkeypatch.context() as patch:
            patch.setattr(DecisionService, "decide", fail)
            services = await shop.run_products(running)

            async def paused() -> bool:
                return (await run_checks(services.checks)).paused == [CONSUMER]

            await eventually(paused)
        return services

    async def test_waits_until_an_operator_resumes_it(
        self,
        shop: Shop,
        place: Place,
        running: AsyncExitStack,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        await shop.run_orders(running)
        for _ in range(5):
            await place({1: 1})
        services = await self.run_bad_products(shop, running, monkeypatch)
        # Then
        assert await run_checks(services.checks) == ({}, [CONSUMER])
        assert await shop.statuses() == {"PENDING": 5}
        assert await shop.products_db["dead_letters"].count_documents({}) == 0
        # When
        await pauses.resume_and_print("products-ms", shop.products_settings, ORDERS_TOPIC)
        await shop.settled(10)
        # Then
        assert capsys.readouterr().out.count("products-ms: shop.orders resumed\n") == 1
        assert await shop.statuses() == {"ACCEPTED": 5}
        assert await run_checks(services.checks) == ({}, [])

    @pytest.mark.parametrize("fixed", [True, False])
    async def test_a_fixed_release_continues_and_the_same_one_does_not(
        self,
        shop: Shop,
        place: Place,
        running: AsyncExitStack,
        monkeypatch: pytest.MonkeyPatch,
        fixed: bool,
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        await shop.run_orders(running)
        await place({1: 1})
        async with AsyncExitStack() as until:
            await self.run_bad_products(shop, until, monkeypatch)
        # When
        if fixed:
            monkeypatch.setattr("products.runtime.digest_of", lambda *_: "fixed")
        services = await shop.run_products(running)
        # Then
        if fixed:
            await shop.settled(10)
            assert await shop.statuses() == {"ACCEPTED": 1}
            return

        async def paused() -> bool:
            return (await run_checks(services.checks)).paused == [CONSUMER]

        await eventually(paused)
        assert await shop.statuses() == {"PENDING": 1}
        pause = await find_one(shop.products_db["consumers"])
        assert (pause["topic"], pause["kind"]) == (ORDERS_TOPIC, "fault")
        assert pause["reason"] == "TypeError: a bad release"
