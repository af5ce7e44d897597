"""The faults that happen to the shop while people use it."""

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.faults.shop import Shop
from tests.faults.tail import KafkaMessage
from tests.faults.wrapped import STEPS

from shopkit.contract.events import ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.messaging.dead_letters import Record
from shopkit.storage.unit_of_work import BACKGROUND_SECONDS
from stack.ports import free_ports

LONGER_THAN_A_SESSION_SECONDS = 14
"""A consumer's session with the broker times out after 10 s."""
LONGER_THAN_TWO_TRIES_SECONDS = 2 * BACKGROUND_SECONDS + 5
"""The commit in progress may still be stored, but the next attempt is not."""
DEATH_SECONDS = 60
REPLAYED, REPLAYED_AT_ONCE = 2_000, 50


@dataclass(frozen=True)
class Fault:
    """A failure, and how soon the shop must recover from it.

    Args:
        inject: Causes the failure, and returns when it is over.
        recovery_seconds: The limit of C9: when an order must be settled again.
        keeps_kafka_data: Whether Kafka keeps its data.
    """

    inject: Callable[[Shop], Awaitable[None]]
    recovery_seconds: float = 30
    keeps_kafka_data: bool = True


async def _do_nothing(_shop: Shop) -> None:
    await asyncio.sleep(2)


async def _kill(program: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGKILL)


async def _freeze(program: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGSTOP)
    await asyncio.sleep(LONGER_THAN_A_SESSION_SECONDS)
    await asyncio.to_thread(shop.signal, program, signal.SIGCONT)


async def _stop(program: str, shop: Shop, seconds: float = 5) -> None:
    await asyncio.to_thread(shop.stack.stop, program)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(shop.stack.start, program)


async def _wipe_broker(shop: Shop) -> None:
    await asyncio.to_thread(shop.wipe_broker)


async def _step_down(service: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.step_down, service)


async def _die(service: str, step: str, shop: Shop) -> None:
    async with shop.replaced(service, die=[step, shop.rng.randint(20, 60)]) as replica:
        await replica.wait_until_dead(DEATH_SECONDS)


async def _replay(shop: Shop) -> None:
    oldest_first = shop.tail.messages
    messages = shop.rng.sample(oldest_first, min(len(oldest_first), REPLAYED)) * 2
    shop.rng.shuffle(messages)
    # The oldest messages come last. They are sent in parts, because a consumer applies only the
    # newest state of each product in a batch.
    messages += oldest_first[:REPLAYED_AT_ONCE]
    for begin in range(0, len(messages), REPLAYED_AT_ONCE):
        await shop.tail.send(messages[begin : begin + REPLAYED_AT_ONCE])


async def _send_poison(shop: Shop) -> None:
    headers = ("ce_id", b"poison"), ("ce_time", b"2026-01-01T00:00:00Z")
    messages = [
        KafkaMessage(topic, uuid.uuid4().hex.encode(), b"\xff{", (*headers, ("ce_type", kind)))
        for topic, kind in (
            (ORDERS_TOPIC, b"OrderCancel"),
            (ORDER_STATUS_TOPIC, b"OrderStatusUpdate"),
            (PRODUCTS_TOPIC, b"UnknownType"),
        )
    ]
    for message in messages:
        record = Record(message.topic, 0, 0, message.key, message.value, message.headers)
        shop.dead_letter_ids.add(record.id)
    await shop.tail.send(messages * 2)


async def _join_and_leave(service: str, shop: Shop) -> None:
    for _ in range(2):
        [port] = free_ports(1)
        second = shop.start_replica(service, port)
        await second.wait_until_listening()
        await asyncio.sleep(4)
        await second.stop()


FAULTS: Mapping[str, Fault] = {
    "none": Fault(_do_nothing),
    **{f"{name} killed": Fault(partial(_kill, name)) for name in ("orders", "products", "gateway")},
    **{
        f"{service} dies {step}": Fault(partial(_die, service, step))
        for service in ("orders", "products")
        for step in STEPS
    },
    **{f"{name} frozen": Fault(partial(_freeze, name)) for name in ("orders", "products")},
    "broker stopped": Fault(partial(_stop, "kafka")),
    "broker killed": Fault(partial(_kill, "kafka")),
    # orders-ms resends lost events after 30 s.
    "broker wiped": Fault(_wipe_broker, recovery_seconds=60, keeps_kafka_data=False),
    **{
        f"{name} killed": Fault(partial(_kill, name))
        for name in ("authentication-db", "products-db", "orders-db")
    },
    **{
        f"{name} stopped": Fault(partial(_stop, name, seconds=LONGER_THAN_TWO_TRIES_SECONDS))
        for name in ("products-db", "orders-db")
    },
    **{
        f"{service}-db steps down": Fault(partial(_step_down, service))
        for service in ("products", "orders")
    },
    "every event again, shuffled": Fault(_replay),
    "poison": Fault(_send_poison),
    **{
        f"a second {service}": Fault(partial(_join_and_leave, service))
        for service in ("orders", "products")
    },
}
