"""The faults that happen to the shop while people use it."""

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from bench.consistency import expired_members
from bson import ObjectId
from tests.faults import invariants
from tests.faults.backups import back_up, restore
from tests.faults.clocks import Clock
from tests.faults.disks import full_disk
from tests.faults.shop import REPLICATED, Shop, wait_until
from tests.faults.tail import KafkaMessage

from shopkit.contract.events import ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.messaging.consumer import SESSION_MILLISECONDS
from shopkit.messaging.dead_letters import Record
from shopkit.storage.unit_of_work import BACKGROUND_SECONDS
from stack.settings import member_names

LONGER_THAN_A_SESSION_SECONDS = 2 * SESSION_MILLISECONDS / 1000 + 2
LONGER_THAN_AN_ELECTION_SECONDS = 14
"""The other members notice the loss of a primary after 10 s."""
LONGER_THAN_TWO_TRIES_SECONDS = 2 * BACKGROUND_SECONDS + 5
"""The commit in progress may still be stored, but the next attempt is not."""
DEATH_SECONDS = 60
REPLAYED, REPLAYED_AT_ONCE = 2_000, 50
CANCELS = 8
PROBES = 5
PROBES_AT_ONCE = 10
"""How many orders are timed at the same time during a rolling restart, beside the usual traffic."""
DRAINING = {"DRAIN_SECONDS": "5"}
"""As in Kubernetes, where a restart must lose no request."""
UNHURRIED_SECONDS = 2.0
"""A rolling restart may delay an order by this much."""

MAIL_SECONDS = 5.0
PROVIDER_SECONDS = 12.0
"""Longer than a request to the provider of card payments may take."""

KILLED_GOAL, LEADER_GOAL, PRIMARY_GOAL, KAFKA_GOAL = 5, 10, 15, 20
MEMBERS = 3


@dataclass(frozen=True)
class Fault:
    """A failure, and how soon the shop must recover from it.

    Args:
        inject: Causes the failure, and returns when it is over.
        recovery_seconds: The limit of C9: when an order must be settled again.
        members: How many members each database and Kafka have.
        unchecked: The invariants that the fault breaks by its nature.
        stack: The name of the stack that the fault shares with others. No other fault can share it
            if the fault breaks invariants for good.
        sends_mail: Whether the shop sends mail.
        takes_cards: Whether customers pay by card.
        needs_root: Whether only root can inject it, because it mounts a file system.
    """

    inject: Callable[[Shop], Awaitable[None]]
    recovery_seconds: float = 30
    members: int = 1
    unchecked: frozenset[str] = frozenset()
    stack: str = ""
    sends_mail: bool = False
    takes_cards: bool = False
    needs_root: bool = False


async def _do_nothing(_shop: Shop) -> None:
    await asyncio.sleep(2)


async def _kill(program: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGKILL)


async def _freeze(program: str, shop: Shop, seconds: float = LONGER_THAN_A_SESSION_SECONDS) -> None:
    await asyncio.to_thread(shop.signal, program, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(shop.signal, program, signal.SIGCONT)


async def _stop(programs: Iterable[str], seconds: float, shop: Shop) -> None:
    names = list(programs)
    await asyncio.gather(*(shop.stop(name) for name in names))
    await asyncio.sleep(seconds)
    await asyncio.gather(*(shop.start(name) for name in names))


async def _wipe_broker(shop: Shop) -> None:
    await asyncio.to_thread(shop.wipe_broker)


async def _step_down(service: str, shop: Shop) -> None:
    await asyncio.to_thread(shop.step_down, service)


async def _with_two_of_each(fault: Callable[[Shop], Awaitable[None]], shop: Shop) -> None:
    async with shop.two_of_each():
        await asyncio.sleep(4)
        await fault(shop)
        await asyncio.sleep(2)


async def _join_and_leave(service: str, shop: Shop) -> None:
    for _ in range(2):
        second = await shop.start_second(service)
        await asyncio.sleep(4)
        await second.stop()


async def _restart_one_by_one(shop: Shop) -> None:
    """Restart both replicas of each service, and time orders meanwhile."""
    expired = expired_members(shop.stack)
    async with AsyncExitStack() as resources:
        firsts = {
            service: await resources.enter_async_context(shop.replaced(service, DRAINING))
            for service in REPLICATED
        }
        seconds = await resources.enter_async_context(shop.two_of_each(DRAINING))
        await asyncio.sleep(4)
        probing = [asyncio.create_task(_probe(shop)) for _ in range(PROBES_AT_ONCE)]
        for service in REPLICATED:
            for replicas in (firsts, seconds):
                await replicas[service].stop()
                replicas[service] = replicas[service].again()
                resources.push_async_callback(replicas[service].stop)
                await replicas[service].wait_until_listening()
        for task in probing:
            task.cancel()
        await asyncio.gather(*probing, return_exceptions=True)
    if count := expired_members(shop.stack) - expired:
        shop.findings["C9"].append(f"{count} members left their group by a time-out")


async def _probe(shop: Shop) -> None:
    while True:
        seconds = await shop.traffic.settle_order(KILLED_GOAL)
        shop.findings["C9"] += invariants.slow_recovery(seconds, UNHURRIED_SECONDS)


# Deaths


async def _die(service: str, step: str, count: int, shop: Shop) -> None:
    """Let a service die when it has often reached a step."""
    times = shop.rng.randint(count, 3 * count)
    async with shop.replaced(service, die=step, die_at=times) as replica:
        await replica.wait_until_ended(DEATH_SECONDS)


async def _die_sweeping(service: str, shop: Shop) -> None:
    """Let a service die in the sweeper, which has work after the broker was down."""
    async with shop.replaced(service, die="while it sweeps") as replica:
        await _stop(["kafka"], 3, shop)
        await replica.wait_until_ended(DEATH_SECONDS)


async def _die_resending(step: str, shop: Shop) -> None:
    """Let orders-ms die while it sends events again that products-ms has not answered."""
    async with shop.replaced("orders", die=step) as replica:
        await shop.stop("products")
        await asyncio.sleep(3)
        # Otherwise, orders-ms waits for 30 s.
        overdue = {"$set": {"resend_at": ObjectId(b"\0" * 12).generation_time}}
        shop.databases.orders["orders"].update_many({"status": "PENDING"}, overdue)
        if step == "while it resends":
            # An event is only sent again if it has been sent.
            await asyncio.sleep(2)
        await replica.wait_until_ended(DEATH_SECONDS)
        await shop.start("products")


async def _die_in_command(command: str, step: str, shop: Shop) -> None:
    """Let a command die, and run it again."""
    await _lose_products(shop)
    code = await shop.run_command("orders", command, die=step)
    _expect(shop, f"{command} that dies", code, {-signal.SIGKILL})
    await _run(command, shop, {0, 1})


async def _die_sending_products_again(shop: Shop) -> None:
    """Let products-ms die while orders-ms requests products in order to reconcile."""
    await _lose_products(shop)
    async with shop.replaced("products", die="while it sends products again") as replica:
        await shop.run_command("orders", "reconcile")
        await replica.wait_until_ended(DEATH_SECONDS)
    await _run("reconcile", shop, {0, 1})


async def _lose_products(shop: Shop) -> None:
    """Delete products from the projection, so that there is something to repair."""
    ids = [row["_id"] for row in shop.databases.orders["products"].find({}, {"_id": 1}).limit(2)]
    shop.databases.orders["products"].delete_many({"_id": {"$in": ids}})


async def _run(command: str, shop: Shop, codes: set[int]) -> None:
    _expect(shop, command, await shop.run_command("orders", command), codes)


def _expect(shop: Shop, command: str, code: int, codes: set[int]) -> None:
    if code not in codes:
        shop.findings["C9"].append(f"{command} ended with code {code}")


async def _compare_and_rebuild(shop: Shop) -> None:
    await _run("reconcile", shop, {0})
    await _run("rebuild", shop, {0})
    await _run("reconcile", shop, {0})


# Events


async def _replay(shop: Shop) -> None:
    await wait_until(lambda: _count_cancels(shop) >= CANCELS, DEATH_SECONDS, "orders are cancelled")
    oldest_first = shop.tail.messages
    messages = shop.rng.sample(oldest_first, min(len(oldest_first), REPLAYED)) * 2
    shop.rng.shuffle(messages)
    # The oldest messages come last. They are sent in parts, because a consumer applies only the
    # newest state of each product in a batch.
    messages += oldest_first[:REPLAYED_AT_ONCE]
    for begin in range(0, len(messages), REPLAYED_AT_ONCE):
        await shop.tail.send(messages[begin : begin + REPLAYED_AT_ONCE])


def _count_cancels(shop: Shop) -> int:
    return sum(message.event_id.startswith("OrderCancel") for message in shop.tail.messages)


async def _send_poison(shop: Shop) -> None:
    before = await _settle_times(shop)
    headers = ("ce_id", invariants.POISON.encode()), ("ce_time", b"2026-01-01T00:00:00Z")
    messages = [
        KafkaMessage(
            topic,
            uuid.UUID(int=shop.rng.getrandbits(128)).hex.encode(),
            b"\xff{",
            (*headers, ("ce_type", kind)),
        )
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
    after = await _settle_times(shop)
    shop.findings["C10"] += invariants.slowed_orders(before, after)


async def _settle_times(shop: Shop) -> list[float]:
    times = [await shop.traffic.settle_order(KILLED_GOAL) for _ in range(PROBES)]
    return [KILLED_GOAL if seconds is None else seconds for seconds in times]


# Links, clocks, disks and backups


async def _cut(service: str, server: str, requests: bool, shop: Shop) -> None:
    async with shop.linked(service, server) as [link]:
        await asyncio.sleep(2)
        link.cut(requests=requests)
        await asyncio.sleep(LONGER_THAN_AN_ELECTION_SECONDS)
        link.heal()
        await shop.traffic.settle_order(LONGER_THAN_TWO_TRIES_SECONDS)


async def _shift_clock(program: str, hours: int, shop: Shop) -> None:
    """Let the clock of a running program jump, and jump back."""
    clock = Clock(shop.stack.settings.state / "clock")
    async with shop.with_variables(program, clock.variables):
        for shift in (hours, 0):
            await asyncio.sleep(4)
            clock.shift(shift)
        await asyncio.sleep(4)


async def _fill_disk(program: str, shop: Shop) -> None:
    async with full_disk(shop, program):
        await asyncio.sleep(10)


async def _restore(service: str, shop: Shop) -> None:
    """Restore one database from a backup that was taken under load, as the procedure says."""
    backup = await asyncio.to_thread(back_up, shop.stack.database_url(service, root=True))
    await asyncio.sleep(5)
    await asyncio.gather(*(shop.stop(name) for name in REPLICATED))
    await asyncio.to_thread(restore, shop.stack.database_url(service, root=True), backup)
    await asyncio.gather(*(shop.start(name) for name in REPLICATED))
    await _run("rebuild", shop, {0})
    for _ in range(3):
        await shop.run_command("orders", "reconcile")


# Mail


async def _stop_smtp(shop: Shop) -> None:
    await shop.smtp.stop()
    await asyncio.sleep(MAIL_SECONDS)
    await shop.smtp.start()


async def _refuse_mails(answer: str, shop: Shop) -> None:
    shop.smtp.answer_to_data = answer
    await asyncio.sleep(MAIL_SECONDS)
    shop.smtp.answer_to_data = "250 OK"


async def _drop_after_data(shop: Shop) -> None:
    shop.smtp.drops_after_data = True
    await asyncio.sleep(MAIL_SECONDS)
    shop.smtp.drops_after_data = False


# Cards


async def _kill_provider(shop: Shop) -> None:
    await shop.sandbox.kill()
    await asyncio.sleep(PROVIDER_SECONDS)
    await shop.sandbox.start()


async def _switch_provider(switches: Mapping[str, object], shop: Shop) -> None:
    await shop.sandbox.switch(**switches)
    await asyncio.sleep(PROVIDER_SECONDS)
    await shop.sandbox.switch()


async def _fail_after_work(shop: Shop) -> None:
    """Let the provider answer 500 after it did the work, while refunds stay undecided."""
    await asyncio.sleep(3)
    await shop.sandbox.switch(api="fail_after_work", refunds="pending")
    await asyncio.sleep(PROVIDER_SECONDS)
    await shop.sandbox.switch()
    # The shop compares an attempt with the provider 20 s after a look that failed.
    await asyncio.sleep(2 * PROVIDER_SECONDS)
    await shop.sandbox.decide_refunds()


async def _kill_while_paying(shop: Shop) -> None:
    for _ in range(3):
        await _kill("orders", shop)
        await asyncio.sleep(0.5)
        await shop.start("orders")
        await asyncio.sleep(2)


# Three members


async def _kill_primary(service: str, shop: Shop) -> None:
    primary = await asyncio.to_thread(shop.primary, service)
    await asyncio.to_thread(shop.signal, primary, signal.SIGKILL)


async def _freeze_primary(service: str, shop: Shop) -> None:
    """Freeze a primary until another is elected. Then there are two for a moment."""
    primary = await asyncio.to_thread(shop.primary, service)
    await _freeze(primary, shop, LONGER_THAN_AN_ELECTION_SECONDS)


async def _lose_majority(service: str, shop: Shop) -> None:
    """Let a primary go on alone for a while, and then the others without it."""
    primary = await asyncio.to_thread(shop.primary, service)
    others = [name for name in member_names(f"{service}-db", MEMBERS) if name != primary]
    for name in others:
        await asyncio.to_thread(shop.signal, name, signal.SIGSTOP)
    # It remains primary for 10 s.
    await asyncio.sleep(6)
    await asyncio.gather(*(shop.kill_for_good(name) for name in (*others, primary)))
    await asyncio.gather(*(shop.start(name) for name in others))
    await shop.traffic.settle_order(DEATH_SECONDS)
    await shop.start(primary)


async def _kill_leader(shop: Shop) -> None:
    leader = await shop.tail.leader(ORDERS_TOPIC)
    port = shop.stack.settings.ports
    name = next(each for each in member_names("kafka", MEMBERS) if port[each] == leader)
    await asyncio.to_thread(shop.signal, name, signal.SIGKILL)


FAULTS: Mapping[str, Fault] = {
    "none": Fault(_do_nothing),
    **{
        f"{name} killed": Fault(partial(_kill, name), KILLED_GOAL)
        for name in ("orders", "products", "gateway")
    },
    **{
        f"{service} dies {step}": Fault(partial(_die, service, step, 20))
        for service in REPLICATED
        for step in (
            "after it wrote the outbox",
            "before commit",
            "after commit",
            "before it marks events as sent",
            "after it marks events as sent",
            "before the offset commit",
            "after the offset commit",
        )
    },
    "products dies while it returns stock": Fault(
        partial(_die, "products", "while it returns stock", 2)
    ),
    "orders dies after it stored a cancellation": Fault(
        partial(_die, "orders", "after it stored a cancellation", 2)
    ),
    "orders dies while it streams": Fault(partial(_die, "orders", "while it streams", 20)),
    **{
        f"{service} dies while it sweeps": Fault(partial(_die_sweeping, service))
        for service in REPLICATED
    },
    **{
        f"orders dies {step}": Fault(partial(_die_resending, step))
        for step in ("before a resend", "while it resends")
    },
    "products dies while it sends products again": Fault(_die_sending_products_again),
    "reconcile dies": Fault(partial(_die_in_command, "reconcile", "while it reconciles")),
    **{
        f"rebuild dies {step}": Fault(partial(_die_in_command, "rebuild", step))
        for step in ("before it replaces the projection", "after it replaced the projection")
    },
    "reconcile and rebuild": Fault(_compare_and_rebuild),
    **{f"{name} frozen": Fault(partial(_freeze, name)) for name in REPLICATED},
    "two of each": Fault(partial(_with_two_of_each, _do_nothing)),
    **{
        f"one of two {name} killed": Fault(
            partial(_with_two_of_each, partial(_kill, name)), KILLED_GOAL
        )
        for name in REPLICATED
    },
    **{
        f"one of two {name} frozen": Fault(partial(_with_two_of_each, partial(_freeze, name)))
        for name in REPLICATED
    },
    **{
        f"a second {name} joins and leaves": Fault(partial(_join_and_leave, name))
        for name in REPLICATED
    },
    "rolling restart": Fault(_restart_one_by_one),
    "broker stopped": Fault(partial(_stop, ["kafka"], 5)),
    "broker stopped for a minute": Fault(partial(_stop, ["kafka"], 60), KAFKA_GOAL),
    "broker killed": Fault(partial(_kill, "kafka")),
    **{
        f"{name} killed": Fault(partial(_kill, name))
        for name in ("authentication-db", "products-db", "orders-db")
    },
    **{
        f"{name} stopped": Fault(partial(_stop, [name], LONGER_THAN_TWO_TRIES_SECONDS))
        for name in ("products-db", "orders-db")
    },
    **{f"{service}-db steps down": Fault(partial(_step_down, service)) for service in REPLICATED},
    "every event again, shuffled": Fault(_replay),
    "poison": Fault(_send_poison),
    **{
        f"link {service} to {server} cut{suffix}": Fault(partial(_cut, service, server, requests))
        for service in REPLICATED
        for server in (f"{service}-db", "kafka")
        for suffix, requests in (("", True), (", responses only", False))
    },
    **{
        f"SMTP server {name}": Fault(inject, sends_mail=True)
        for name, inject in (
            ("stopped", _stop_smtp),
            ("answers 451", partial(_refuse_mails, "451 try again later")),
            ("answers 550", partial(_refuse_mails, "550 no such mailbox")),
            ("drops connections after a mail", _drop_after_data),
        )
    },
    **{
        f"orders dies {step}": Fault(partial(_die, "orders", step, 5), sends_mail=True)
        for step in (
            "before it sends a mail",
            "after it sent a mail",
            "after it marked a mail as sent",
        )
    },
    # The times of the changes mean nothing for C5 while the clock changes. Java does not start with
    # libfaketime, so Kafka is missing.
    **{
        f"{name}'s clock jumps an hour {word}": Fault(
            partial(_shift_clock, name, hours), unchecked=frozenset({"C5"}), stack="clocks"
        )
        for name in ("orders", "products", "orders-db", "products-db")
        for word, hours in (("ahead", 1), ("behind", -1))
    },
    **{
        f"disk of {name} full": Fault(partial(_fill_disk, name), needs_root=True)
        for name in ("orders-db", "products-db", "kafka")
    },
    # orders-ms resends lost events after 30 s.
    # A restored database has lost what came after the backup, and a person decides about the rest:
    # events in Kafka without a row, orders without a decision or with another one.
    "orders-db restored": Fault(
        partial(_restore, "orders"),
        60,
        unchecked=frozenset({"C2", "C3", "C4", "C6", "C8", "C10", "C11"}),
        stack="orders-db restored",
    ),
    "products-db restored": Fault(
        partial(_restore, "products"),
        60,
        unchecked=frozenset({"C3", "C4", "C5", "C6", "C8", "C10", "C11"}),
        stack="products-db restored",
    ),
    # orders-ms resends lost events after 30 s.
    "broker wiped": Fault(
        _wipe_broker, recovery_seconds=60, unchecked=frozenset({"C8"}), stack="broker wiped"
    ),
    "no fault, three members": Fault(_do_nothing, members=MEMBERS),
    **{
        f"primary of {service}-db killed": Fault(
            partial(_kill_primary, service), PRIMARY_GOAL, members=MEMBERS
        )
        for service in REPLICATED
    },
    **{
        f"primary of {service}-db frozen": Fault(
            partial(_freeze_primary, service), PRIMARY_GOAL, members=MEMBERS
        )
        for service in REPLICATED
    },
    **{
        f"{service}-db elects another primary": Fault(
            partial(_step_down, service), PRIMARY_GOAL, members=MEMBERS
        )
        for service in REPLICATED
    },
    **{
        f"{service}-db loses its majority": Fault(partial(_lose_majority, service), members=MEMBERS)
        for service in REPLICATED
    },
    "leading broker killed": Fault(_kill_leader, LEADER_GOAL, members=MEMBERS),
    "all brokers stopped for a minute": Fault(
        partial(_stop, member_names("kafka", MEMBERS), 60), KAFKA_GOAL, members=MEMBERS
    ),
}

_CARD_FAULTS: Mapping[str, Callable[[Shop], Awaitable[None]]] = {
    "none, with cards": _do_nothing,
    "provider killed": _kill_provider,
    "provider fails after it did the work": _fail_after_work,
    "orders killed while cards are paid": _kill_while_paying,
    **{
        f"provider {what}": partial(_switch_provider, switches)
        for what, switches in {
            "hangs": {"api": "hang"},
            "fails": {"api": "fail"},
            "loses webhooks": {"webhooks": "lose"},
            "sends webhooks twice": {"webhooks": "duplicate"},
            "shuffles webhooks": {"webhooks": "reorder"},
        }.items()
    },
}
FAULTS = {
    **FAULTS,
    **{name: Fault(inject, takes_cards=True) for name, inject in _CARD_FAULTS.items()},
}

# Without goals of a few seconds, which a busy machine misses.
SHORT_FAULTS = [
    "products dies before commit",
    "orders dies after it sent a mail",
    "every event again, shuffled",
]
