"""Every event may come any number of times, in any order, and with poison among it."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from tests.integration.shop import Place, Shop, find_one

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.models.order import Order
from products.consumers.orders import orders_table
from shopkit.clock import utc_now
from shopkit.contract.events import EVENTS, ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.messaging.batch_processor import BatchProcessor
from shopkit.messaging.consumer import Consumer, Subscription
from shopkit.messaging.dead_letters import DeadLetterRepository
from shopkit.messaging.envelope import decode, type_name
from shopkit.messaging.handlers import HandlerTable
from shopkit.messaging.pauses import PauseRepository
from shopkit.storage.mongo import is_temporary
from shopkit.testing.deliveries import decided
from shopkit.testing.proofs import identity_of

TYPES = {type_name(event_type): event_type for event_type in EVENTS}


async def read_all(servers: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    kafka = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, group_id=None, auto_offset_reset="earliest"
    )
    await kafka.start()
    try:
        ends = await kafka.end_offsets(kafka.assignment())
        records: list[ConsumerRecord[bytes, bytes]] = []
        while len(records) < sum(ends.values()):
            for batch in (await kafka.getmany(timeout_ms=500)).values():
                records += batch
        return records
    finally:
        await kafka.stop()


async def send(servers: str, topic: str, *messages: tuple[bytes, bytes, str]) -> None:
    """Send messages of a key, a value and a CloudEvents type."""
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        for key, value, kind in messages:
            headers = [("ce_type", kind.encode()), ("ce_time", b"2026-05-04T12:00:00Z")]
            await producer.send_and_wait(topic, value, key=key, headers=headers)
    finally:
        await producer.stop()


@pytest.fixture
async def settled_shop(shop: Shop, place: Place, running: AsyncExitStack) -> Shop:
    """A shop in which orders of every outcome have been settled, and whose services have ended."""
    await shop.know(await shop.add(1, 5), await shop.add(2, 50))
    for number in range(6):
        await place({1: 1, 2: number + 1})
    cancelled = await place({2: 3})
    async with AsyncExitStack() as until:
        await shop.run_products(until)
        services = await shop.run_orders(until)
        await shop.settled()
        await services.orders.cancel(cancelled.id, identity_of(cancelled.email))
        await shop.settled()
    assert await shop.statuses() == {"ACCEPTED": 5, "REJECTED": 1, "CANCELLED": 1}
    return shop


class TestReplay:
    async def test_replaying_all_topics_twice_changes_nothing(
        self, settled_shop: Shop, running: AsyncExitStack
    ) -> None:
        # Given
        shop = settled_shop
        servers = shop.products_settings.kafka_bootstrap_servers
        before = await shop.digest()
        tables: dict[str, tuple[Any, HandlerTable]] = {
            ORDERS_TOPIC: (shop.products_db, orders_table(shop.products.decisions)),
            ORDER_STATUS_TOPIC: (shop.orders_db, status_table(shop.orders.orders)),
            PRODUCTS_TOPIC: (shop.orders_db, products_table(shop.orders.projection)),
        }
        for turn in ("first", "second"):
            for topic, (database, table) in tables.items():
                # When
                count = len(await read_all(servers, topic))
                letters = DeadLetterRepository(database)
                pauses = PauseRepository(database, f"release-{turn}", utc_now)
                processor = BatchProcessor(table, letters, pauses, is_temporary)
                subscription = Subscription(
                    {"bootstrap_servers": servers}, topic, f"replay-{turn}", "tests"
                )
                consumer = Consumer(subscription, processor, pauses, is_temporary)
                task = asyncio.create_task(consumer.run())
                await _committed(servers, topic, f"replay-{turn}", count)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        # Then
        assert await shop.digest() == before

    @pytest.mark.parametrize("seed", range(3))
    async def test_shuffled_and_doubled_events_change_nothing(
        self, settled_shop: Shop, seed: int
    ) -> None:
        # Given
        shop = settled_shop
        servers = shop.products_settings.kafka_bootstrap_servers
        before = await shop.digest()
        shuffle = random.Random(seed)
        appliers: Sequence[tuple[str, HandlerTable]] = (
            (ORDERS_TOPIC, orders_table(shop.products.decisions)),
            (ORDER_STATUS_TOPIC, status_table(shop.orders.orders)),
            (PRODUCTS_TOPIC, products_table(shop.orders.projection)),
        )
        for topic, table in appliers:
            records = await read_all(servers, topic) * 2
            shuffle.shuffle(records)
            # When
            for record in records:
                delivery = decode(TYPES, tuple(record.headers), record.value)
                await table[type(delivery.event)].apply([delivery])
        # Then
        assert await shop.digest() == before

    async def test_an_event_id_always_has_the_same_bytes(self, settled_shop: Shop) -> None:
        # Given
        shop = settled_shop
        servers = shop.products_settings.kafka_bootstrap_servers
        for row in await shop.orders_db["orders"].find().to_list():
            await shop.orders_db["orders"].update_one(
                {"_id": row["_id"]}, {"$set": {"resend_at": row["created_at"]}}
            )
        # When: everything is answered again from what is stored.
        records = await read_all(servers, ORDERS_TOPIC)
        for record in records:
            delivery = decode(TYPES, tuple(record.headers), record.value)
            table = orders_table(shop.products.decisions)
            await table[type(delivery.event)].apply([delivery])
        rows = await shop.products_db["outbox"].find({"type": "OrderStatusUpdate"}).to_list()
        # Then
        sent = {
            dict(record.headers)["ce_id"].decode(): (record.value, tuple(record.headers))
            for record in await read_all(servers, ORDER_STATUS_TOPIC)
        }
        assert rows
        for row in rows:
            assert sent[row["_id"]][0] == row["value"]


class TestUndecodable:
    async def test_sets_it_aside_once_and_applies_the_others(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        await shop.run_products(running)
        await shop.run_orders(running)
        servers = shop.products_settings.kafka_bootstrap_servers
        # When: the same poison twice, unknown types, and events that break rules.
        await send(
            servers,
            ORDER_STATUS_TOPIC,
            (b"x", b"not json", "OrderStatusUpdate"),
            (b"x", b"not json", "OrderStatusUpdate"),
            (b"y", b"{}", "Unheard"),
            (b"z", b'{"type":"OrderCancel","order_id":"' + b"0" * 24 + b'"}', "OrderCancel"),
        )
        await send(servers, ORDERS_TOPIC, (b"not an id", b"[]", "OrderCreate"))
        order = await place({1: 1})
        await shop.lapse_leases()
        await shop.settled()
        # Then
        assert await shop.statuses() == {"ACCEPTED": 1}
        parked = await shop.orders_db["dead_letters"].find().sort("key", 1).to_list()
        assert [(row["key"], row["status"]) for row in parked] == [
            (b"x", "parked"),
            (b"y", "parked"),
            (b"z", "parked"),
        ]
        assert [row["key"] for row in await shop.products_db["dead_letters"].find().to_list()] == [
            b"not an id"
        ]
        assert order.status == "PENDING"

    async def test_answers_an_unreadable_order(
        self, shop: Shop, place: Place, running: AsyncExitStack
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        order = await place({1: 1})
        await shop.orders_db["outbox"].update_many({}, {"$unset": {"unsent": ""}})
        await shop.run_products(running)
        await shop.run_orders(running)
        # When
        await send(
            shop.products_settings.kafka_bootstrap_servers,
            ORDERS_TOPIC,
            (order.id.encode(), b'{"order": "broken"}', "OrderCreate"),
        )
        await shop.settled()
        # Then
        assert await shop.statuses() == {"REJECTED": 1}
        document = await find_one(shop.orders_db["orders"])
        assert document["reason"] == "The order could not be read."
        assert await shop.products_db["dead_letters"].count_documents({}) == 0
        assert await shop.stock() == {"product 1": 5}

    async def test_sets_a_conflicting_outcome_aside_and_applies_the_others(
        self, shop: Shop, place: Place
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        first, second, third = [await place({1: 1}) for _ in range(3)]
        await shop.orders.orders.settle([_outcome(first, "ACCEPTED")])
        servers = shop.products_settings.kafka_bootstrap_servers
        # When: the three come as one batch, the first of them contrary to what is settled.
        messages = [
            (order.id.encode(), _outcome(order, "REJECTED").event.model_dump_json().encode())
            for order in (first, second, third)
        ]
        await send(
            servers,
            ORDER_STATUS_TOPIC,
            *((key, value, "OrderStatusUpdate") for key, value in messages),
        )
        async with AsyncExitStack() as until:
            await shop.run_orders(until)
            await _committed(servers, ORDER_STATUS_TOPIC, "orders-ms", 3)
        # Then
        assert await shop.statuses() == {"ACCEPTED": 1, "REJECTED": 2}
        parked = await shop.orders_db["dead_letters"].find().to_list()
        assert [row["key"].decode() for row in parked] == [first.id]
        assert parked[0]["reason"] == (
            f"Order {first.id} is ACCEPTED, but the event says REJECTED."
        )


def _outcome(order: Order, status: str) -> Any:
    delivery = decided(1, status)
    event = delivery.event.model_copy(update={"order_id": order.id})
    return type(delivery)(event, delivery.trace_context, delivery.time)


async def _committed(servers: str, topic: str, group: str, count: int) -> None:
    """Wait until a group has committed so many messages of a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        async with asyncio.timeout(30):
            while True:
                offsets = await admin.list_consumer_group_offsets(group)
                done = sum(max(0, one.offset) for key, one in offsets.items() if key.topic == topic)
                if done >= count:
                    return
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
