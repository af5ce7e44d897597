"""Compares orders-db with products-db, and repairs what differs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from prometheus_client import Gauge

from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import ProductsClient
from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import OrderStatus
from shopkit.contract.internal import DecidedOrder
from shopkit.storage.unit_of_work import Transactions, UnitOfWork

SETTLE_SECONDS = 5.0
"""How long events may travel. Only differences that last longer are drift."""
ORPHAN_SECONDS = 600.0
"""How long a decided order may be unknown here before its stock is returned."""

DRIFT = Gauge("reconcile_drift", "Documents that differ between the databases.", ["kind"])

log = structlog.get_logger(__name__)

L = TypeVar("L")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drift:
    """Lasting differences between the two databases.

    Attributes:
        products: The versions in the projection of products that differ, by id. The version is 0
            if the product is missing.
        orders_without_decision: Settled orders that products-ms has no decision about, or a
            different one.
        decisions_without_order: Decisions about orders that do not exist here.
    """

    products: dict[str, int]
    orders_without_decision: dict[str, Order]
    decisions_without_order: dict[str, DecidedOrder]

    @property
    def empty(self) -> bool:
        """Whether the databases agree."""
        return not (self.products or self.orders_without_decision or self.decisions_without_order)

    def lasting(self, later: "Drift") -> "Drift":
        """Return what still differs, in the same way, in a later comparison."""
        return Drift(
            {id_: v for id_, v in later.products.items() if self.products.get(id_) == v},
            _common(later.orders_without_decision, self.orders_without_decision),
            _common(later.decisions_without_order, self.decisions_without_order),
        )


def _common(later: Mapping[str, T], earlier: Mapping[str, T]) -> dict[str, T]:
    return {id_: value for id_, value in later.items() if id_ in earlier}


def contradicts(order: Order, decided: DecidedOrder | None) -> bool:
    """Return whether the decision about a settled order is missing or different."""
    if order.awaits_answer:
        return False
    return decided is None or decided.status is not order.status


class ReconcileService:
    """Finds drift and repairs it. It never writes to the projection itself."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        projection: ProjectionRepository,
        client: ProductsClient,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._projection = projection
        self._client = client
        self._sleep = sleep

    async def reconcile(self) -> Drift:
        """Find drift, repair it, and return the drift as it was before the repair."""
        drift = await self.find_drift(self._projection)
        await self._repair(drift)
        return drift

    async def find_drift(self, projection: ProjectionRepository) -> Drift:
        """Compare twice, a few seconds apart, and return the differences that last.

        Args:
            projection: The live projection, or one that is being rebuilt.
        """
        drift = await self._compare(projection)
        if not drift.empty:
            await self._sleep(SETTLE_SECONDS)
            drift = drift.lasting(await self._compare(projection))
        for kind, count in (
            ("products", len(drift.products)),
            ("unrecorded orders", len(drift.orders_without_decision)),
            ("orphaned orders", len(drift.decisions_without_order)),
        ):
            DRIFT.labels(kind).set(count)
            if count:
                log.warning("databases differ", kind=kind, count=count)
        return drift

    async def _compare(self, projection: ProjectionRepository) -> Drift:
        drift = Drift({}, {}, {})
        async for id_, known, product in merge(projection.all(), self._client.products()):
            if known != product:
                drift.products[id_] = known.version if known else 0
        async for id_, order, decided in merge(self._orders.all(), self._client.decisions()):
            if order is None and decided and decided.age_seconds > ORPHAN_SECONDS:
                if decided.status is not OrderStatus.CANCELLED:
                    drift.decisions_without_order[id_] = decided
            elif order and contradicts(order, decided):
                drift.orders_without_decision[id_] = order
        return drift

    async def _repair(self, drift: Drift) -> None:
        if drift.products:
            await self._client.resend(drift.products)
        if drift.decisions_without_order:
            await self._client.cancel(list(drift.decisions_without_order))
        if drift.orders_without_decision:
            # If products-ms has a different decision, its answer becomes a dead letter, because
            # only a person can know which of the two is right.
            messages = [order.latest_message() for order in drift.orders_without_decision.values()]

            async def work(unit: UnitOfWork) -> None:
                unit.publish_again(*messages)

            await self._transactions.run(work)


async def merge(
    left: AsyncIterator[tuple[str, L]], right: AsyncIterator[tuple[str, R]]
) -> AsyncIterator[tuple[str, L | None, R | None]]:
    """Merge two streams that are ordered by id, and yield each id with the values of both sides."""
    left_item, right_item = await anext(left, None), await anext(right, None)
    while left_item or right_item:
        if right_item is None or (left_item is not None and left_item[0] < right_item[0]):
            assert left_item  # noqa: S101 - at least one of the two is not None.
            yield left_item[0], left_item[1], None
            left_item = await anext(left, None)
        elif left_item is None or right_item[0] < left_item[0]:
            yield right_item[0], None, right_item[1]
            right_item = await anext(right, None)
        else:
            yield left_item[0], left_item[1], right_item[1]
            left_item, right_item = await anext(left, None), await anext(right, None)
