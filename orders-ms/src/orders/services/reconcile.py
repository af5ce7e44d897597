"""Compares orders-db with products-db, and has products-ms mend what differs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

from orders.models.order import Order
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import RemoteProducts
from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import Message, OrderStatus
from shopkit.contract.internal import DecidedOrder, merge
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.mongo import Session, Transactions

SETTLE_SECONDS = 5.0
"""What differs for longer than events travel is drift."""
ORPHAN_SECONDS = 600.0
"""How long a decided order may be unknown here before its stock is given back."""

DRIFT = Gauge("reconcile_drift", "Documents that differ between the databases.", ["kind"])

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between the two databases for longer than events travel.

    Attributes:
        products: Ids of products, with the version known here (0 where there is none).
        unrecorded: Orders that are settled here and of which products-ms has no record, or
            another outcome.
        orphans: Ids of decided orders that nobody placed here.
    """

    products: dict[str, int]
    unrecorded: dict[str, Order]
    orphans: dict[str, DecidedOrder]

    @property
    def empty(self) -> bool:
        """Whether both databases agree."""
        return not (self.products or self.unrecorded or self.orphans)

    def lasting(self, later: "Drift") -> "Drift":
        """Return what was and still is different, in the same way."""
        return Drift(
            {id_: v for id_, v in later.products.items() if self.products.get(id_) == v},
            {id_: one for id_, one in later.unrecorded.items() if id_ in self.unrecorded},
            {id_: one for id_, one in later.orphans.items() if id_ in self.orphans},
        )


def contrary(order: Order, decided: DecidedOrder | None) -> bool:
    """Whether an order that needs no answer any more is recorded otherwise, or not at all."""
    if order.unanswered:
        return False
    return decided is None or decided.status is not order.status


def _again(order: Order) -> Message:
    cancelled = order.status is OrderStatus.CANCELLED
    return order.cancel_message() if cancelled else order.create_message()


class ReconcileService:
    """Finds drift and has it mended; it never writes the projection itself."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        projection: ProjectionRepository,
        remote: RemoteProducts,
        outbox: Outbox,
        hand_over: HandOver,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._projection = projection
        self._remote = remote
        self._outbox = outbox
        self._hand_over = hand_over
        self._sleep = sleep

    async def reconcile(self) -> Drift:
        """Compare, look again a few seconds later at what differs, and have mended what lasts.

        Returns:
            What was found to last, before it was mended.
        """
        drift = await self.drift(self._projection)
        await self._mend(drift)
        return drift

    async def drift(self, projection: ProjectionRepository) -> Drift:
        """Return what differs for longer than events travel, for a projection, live or new."""
        found = await self._compare(projection)
        if not found.empty:
            await self._sleep(SETTLE_SECONDS)
            found = found.lasting(await self._compare(projection))
        for kind, count in (
            ("products", len(found.products)),
            ("unrecorded orders", len(found.unrecorded)),
            ("orphaned orders", len(found.orphans)),
        ):
            DRIFT.labels(kind).set(count)
            if count:
                log.warning("databases differ", kind=kind, count=count)
        return found

    async def _compare(self, projection: ProjectionRepository) -> Drift:
        drift = Drift({}, {}, {})
        async for id_, here, there in merge(projection.all(), self._remote.products()):
            if here != there:
                drift.products[id_] = here.version if here else 0
        async for id_, order, decided in merge(self._orders.all(), self._remote.orders()):
            if order is None and decided and decided.age_seconds > ORPHAN_SECONDS:
                if decided.status is not OrderStatus.CANCELLED:
                    drift.orphans[id_] = decided
            elif order and contrary(order, decided):
                drift.unrecorded[id_] = order
        return drift

    async def _mend(self, drift: Drift) -> None:
        if drift.products:
            await self._remote.resend(drift.products)
        if drift.orphans:
            await self._remote.cancel(list(drift.orphans))
        if drift.unrecorded:
            # A record that says otherwise answers with it, and that answer is parked: which of
            # the two is right only a person can tell.
            rows = [Row(_again(order), kept=False) for order in drift.unrecorded.values()]
            await self._transactions.run(lambda session: self._send_again(rows, session))
            self._hand_over(rows)

    async def _send_again(self, rows: list[Row], session: Session) -> None:
        await self._outbox.send_again(rows, session=session)
