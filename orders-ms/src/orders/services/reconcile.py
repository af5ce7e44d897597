"""Compares orders-db with products-db, and repairs what can be repaired without a loss.

A pass compares the products, then the orders, then the statistics. It stores its position, so that
any replica can continue an interrupted pass. Only one replica at a time works on it, and it rests
after each range, so that it takes a small share of a core.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Gauge

from orders.models.comparison import OrderDifference
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import ProductsClient
from orders.repositories.reconcile_progress import LastResult, Position, ReconcileProgress
from orders.services.comparison import Comparison, Rest, Sleep, compare_sections
from shopkit.contract.internal import CANCEL_LIMIT, PAGE
from shopkit.storage.database_identity import IdentityError
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.unit_of_work import Message, Transactions, UnitOfWork
from shopkit.tracing.spans import traced

JOB = "reconcile"
LEASE = timedelta(minutes=1)
REST_FACTOR = 4.0
"""How much longer a pass rests after a range than the range took."""

PRODUCTS = "products"
UNRECORDED = "unrecorded orders"
LOST = "orphaned orders"
STATISTICS = "statistics"
KINDS = (PRODUCTS, UNRECORDED, LOST, STATISTICS)

DRIFT = Gauge("reconcile_drift", "Documents that differ between the databases.", ["kind"])
REFUSED = Gauge("reconcile_refused", "Whether another database was found than before.")

log = structlog.get_logger(__name__)


class LeaseLostError(Exception):
    """Another replica continues the pass."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a pass has found.

    Attributes:
        found: The number of differences, by kind.
        lost: The ids of decided orders that do not exist here, at most `CANCEL_LIMIT`.
        cancelled: The ids of those that were cancelled.
    """

    found: Counter[str]
    lost: Sequence[str] = ()
    cancelled: Sequence[str] = ()

    @property
    def empty(self) -> bool:
        """Whether the databases agree."""
        return not any(self.found.values())


@dataclass(slots=True)
class _Pass:
    """A running pass: what it has found, and how it rests."""

    found: Counter[str]
    rest: Rest
    lost: list[str] = field(default_factory=list)


class ReconcileService:
    """Finds drift and repairs it. It never writes to the projection itself.

    Args:
        transactions: The transactions of orders-db.
        orders: The orders.
        client: The client of products-ms.
        comparisons: The comparisons of products, of orders and of statistics.
        progress: The position and the result of the passes.
        leases: The leases of jobs.
        interval: The time between the end of a pass and the next one.
        sleep: Sleeps for a number of seconds.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        client: ProductsClient,
        comparisons: Mapping[str, Comparison[Any]],
        progress: ReconcileProgress,
        leases: JobLeases,
        interval: timedelta,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._client = client
        self._comparisons = comparisons
        self._progress = progress
        self._leases = leases
        self._interval = interval
        self._sleep = sleep
        self._holder = secrets.token_hex(8)
        self._repairs: Mapping[str, Callable[[Any, _Pass], Awaitable[None]]] = {
            "products": self._resend_products,
            "orders": self._repair_orders,
            "statistics": self._count_days,
        }

    async def reconcile_if_due(self) -> None:
        """Begin or continue a pass if it is due and no other replica does."""
        _show(await self._progress.last_result())
        if not await self._progress.is_due(self._interval) or not await self._acquire():
            return
        try:
            await traced("reconcile", self._continue)()
        except IdentityError as error:
            log.warning("reconciliation refused", reason=str(error))
            await self._progress.refuse()
        except LeaseLostError:
            log.warning("another replica continues the pass")
        _show(await self._progress.last_result())

    async def _continue(self) -> None:
        await self._client.check_databases()
        position = await self._progress.position()
        found = Counter(position.found if position else {})
        await self._run(_Pass(found, self._rest), position)

    async def reconcile(self, *, cancel_lost: bool = False) -> Report:
        """Run a complete pass at once, and return what it has found before the repair.

        Args:
            cancel_lost: Whether to cancel decided orders that do not exist here, at most
                `CANCEL_LIMIT`, so that their stock is returned.

        Raises:
            IdentityError: One of the databases is another one than before.
        """
        await self._client.check_databases()
        running = _Pass(Counter(), _no_rest)
        await self._run(running, None, store_position=False)
        cancelled = await self._cancel(running.lost) if cancel_lost else []
        return Report(running.found, running.lost, cancelled)

    async def accept_databases(self) -> str:
        """Let both sides accept the other's database, and return the identity of products-db."""
        return await self._client.accept_databases()

    async def _run(
        self, running: _Pass, position: Position | None, *, store_position: bool = True
    ) -> None:
        for part, after in _remaining(list(self._comparisons), position):
            sections: AsyncIterator[Any] = compare_sections(
                self._comparisons[part], after, sleep=self._sleep, rest=running.rest
            )
            async for section in sections:
                if section.drift:
                    await self._repairs[part](section.drift, running)
                if store_position:
                    await self._progress.save(Position(part, section.until, running.found))
        for kind in KINDS:
            if count := running.found[kind]:
                log.warning("databases differ", kind=kind, count=count)
        if running.lost:
            log.error("decisions without an order", order_ids=running.lost)
        await self._progress.finish(running.found)

    async def _resend_products(self, known: Mapping[str, int], running: _Pass) -> None:
        running.found[PRODUCTS] += len(known)
        await self._client.resend(known)

    async def _repair_orders(
        self, differences: Mapping[str, OrderDifference], running: _Pass
    ) -> None:
        lost = [id_ for id_, difference in differences.items() if difference.stored is None]
        unrecorded = [id_ for id_, difference in differences.items() if difference.stored]
        running.found[LOST] += len(lost)
        running.found[UNRECORDED] += len(unrecorded)
        running.lost += lost[: CANCEL_LIMIT - len(running.lost)]
        for ids in _chunks(unrecorded):
            began = time.monotonic()
            await self._publish_again(ids)
            await running.rest(time.monotonic() - began)

    async def _publish_again(self, ids: Sequence[str]) -> None:
        # If products-ms has a different decision, its answer becomes a dead letter, because only a
        # person can know which of the two is right.
        orders = await self._orders.find_by_ids(ids)
        messages: list[Message] = [order.latest_message() for order in orders.values()]

        async def work(unit: UnitOfWork) -> None:
            unit.publish_again(*messages)

        await self._transactions.run(work)

    async def _count_days(self, days: Mapping[str, Any], running: _Pass) -> None:
        running.found[STATISTICS] += len(days)

    async def _cancel(self, lost: Sequence[str]) -> list[str]:
        found_since = await self._orders.find_by_ids(lost)
        order_ids = [order_id for order_id in lost if order_id not in found_since]
        if order_ids:
            await self._client.cancel(order_ids)
        return order_ids

    async def _rest(self, seconds: float) -> None:
        await self._sleep(seconds * REST_FACTOR)
        if not await self._acquire():
            raise LeaseLostError

    async def _acquire(self) -> bool:
        return await self._leases.acquire(JOB, LEASE, self._holder)


async def _no_rest(_seconds: float) -> None:
    """Continue at once."""


def _remaining(parts: Sequence[str], position: Position | None) -> Iterator[tuple[str, str | None]]:
    """Yield the parts that a pass still has to compare, each with the id after which to begin."""
    if position is None:
        yield from ((part, None) for part in parts)
        return
    index = parts.index(position.part)
    if position.after is not None:
        yield position.part, position.after
    yield from ((part, None) for part in parts[index + 1 :])


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))


def _show(result: LastResult) -> None:
    for kind in KINDS:
        DRIFT.labels(kind).set(result.found.get(kind, 0))
    REFUSED.set(result.refused)
