"""What is done to the shop while people use it. A fault returns once it is over."""

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.faults.shop import Shop, free_port
from tests.faults.tail import Seen
from tests.faults.wrapped import STEPS

from shopkit.contract.events import ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.messaging.dead_letters import Record
from shopkit.storage.unit_of_work import BACKGROUND_SECONDS

LONGER_THAN_A_SESSION = 14
"""Seconds; a consumer's session with the broker times out after 10."""
LONGER_THAN_TWO_TRIES = 2 * BACKGROUND_SECONDS + 5
"""Seconds; what was being committed just then may be stored, but what is tried next is not."""
DIES_SECONDS = 60
AGAIN, BY_AND_BY = 2_000, 50


@dataclass(frozen=True)
class Fault:
    """Something that fails, and within how many seconds an order is settled again after it.

    Attributes:
        happen: Does it.
        recovery_seconds: The bound of C9.
        keeps_kafka: Whether what is in Kafka stays there.
    """

    happen: Callable[[Shop], Awaitable[None]]
    recovery_seconds: float = 30
    keeps_kafka: bool = True


async def _nothing(_shop: Shop) -> None:
    await asyncio.sleep(2)


async def _kill(program: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGKILL)


async def _freeze(program: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGSTOP)
    await asyncio.sleep(LONGER_THAN_A_SESSION)
    await asyncio.to_thread(shop.signal, program, signal.SIGCONT)


async def _stop(program: str, shop: Shop, seconds: float = 5) -> None:
    await asyncio.to_thread(shop.stack.stop, program)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(shop.stack.start, program)


async def _wipe(shop: Shop) -> None:
    await asyncio.to_thread(shop.wipe_broker)


async def _step_down(service: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.step_down, service)


async def _die(service: str, step: str, shop: Shop) -> None:
    async with shop.replaced(service, die=[step, shop.lots.randint(20, 60)]) as replica:
        await replica.dies(DIES_SECONDS)


async def _replay(shop: Shop) -> None:
    oldest_first = list(shop.tail.seen)
    messages = shop.lots.sample(oldest_first, min(len(oldest_first), AGAIN)) * 2
    shop.lots.shuffle(messages)
    # The oldest once more at the end, and all by and by, as one batch would show the newest alone.
    messages += oldest_first[:BY_AND_BY]
    for begin in range(0, len(messages), BY_AND_BY):
        await shop.tail.send(messages[begin : begin + BY_AND_BY])


async def _poison(shop: Shop) -> None:
    known = ("ce_id", b"poison"), ("ce_time", b"2026-01-01T00:00:00Z")
    messages = [
        Seen(topic, uuid.uuid4().hex.encode(), b"\xff{", (*known, ("ce_type", kind)))
        for topic, kind in (
            (ORDERS_TOPIC, b"OrderCancel"),
            (ORDER_STATUS_TOPIC, b"OrderStatusUpdate"),
            (PRODUCTS_TOPIC, b"NobodyKnows"),
        )
    ]
    for each in messages:
        record = Record(each.topic, 0, 0, each.key, each.value, each.headers)
        shop.poison.append(record.id)
    await shop.tail.send(messages * 2)


async def _join_and_leave(service: str, shop: Shop) -> None:
    for _ in range(2):
        second = shop.replica(service, free_port())
        await second.answers()
        await asyncio.sleep(4)
        await second.end()


FAULTS: Mapping[str, Fault] = {
    "none": Fault(_nothing),
    **{f"{each} killed": Fault(partial(_kill, each)) for each in ("orders", "products", "gateway")},
    **{
        f"{service} dies {step}": Fault(partial(_die, service, step))
        for service in ("orders", "products")
        for step in STEPS
    },
    **{f"{each} frozen": Fault(partial(_freeze, each)) for each in ("orders", "products")},
    "broker stopped": Fault(partial(_stop, "kafka")),
    "broker killed": Fault(partial(_kill, "kafka")),
    # What was lost is sent again after 30 s.
    "broker wiped": Fault(_wipe, recovery_seconds=60, keeps_kafka=False),
    **{
        f"{each} killed": Fault(partial(_kill, each))
        for each in ("authentication-db", "products-db", "orders-db")
    },
    **{
        f"{each} stopped": Fault(partial(_stop, each, seconds=LONGER_THAN_TWO_TRIES))
        for each in ("products-db", "orders-db")
    },
    **{
        f"{each}-db steps down": Fault(partial(_step_down, each)) for each in ("products", "orders")
    },
    "every event again, shuffled": Fault(_replay),
    "poison": Fault(_poison),
    **{
        f"a second {each}": Fault(partial(_join_and_leave, each)) for each in ("orders", "products")
    },
}
