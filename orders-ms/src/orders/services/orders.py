"""Lets shoppers read and cancel their orders, and applies the outcomes from products-ms."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from bson import ObjectId
from prometheus_client import Counter, Gauge, Histogram

from orders.errors import OrderNotFoundError
from orders.models.mails import mail_about
from orders.models.order import Order
from orders.models.payment import PaymentTerms
from orders.models.query import OrderQuery
from orders.models.totals import CustomerTotals
from orders.models.transitions import Act, cancel, settle
from orders.repositories.order_numbers import OrderNumbers
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.identity import Identity
from shopkit.messaging.envelope import Delivery
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

KEYS_CHUNK = 200
"""How many orders get their missing keys at a time."""

UNKNOWN = Counter("order_status_unknown_total", "Outcomes of orders that are not stored here.")
SETTLED = Counter("orders_settled_total", "Orders whose status has changed.", ["status"])
REVENUE = Counter("orders_revenue_cents_total", "The goods of accepted orders, in cents.")
SETTLE_SECONDS = Histogram(
    "order_settle_seconds",
    "Time from placing an order until it is accepted or rejected.",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
for _status in (OrderStatus.ACCEPTED, OrderStatus.REJECTED):
    SETTLED.labels(_status.value)
OLDEST_PENDING = Gauge("orders_oldest_pending_seconds", "The age of the oldest pending order.")

log = structlog.get_logger(__name__)


class OrderService:
    """Reads, cancels and settles orders."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        numbers: OrderNumbers,
        trail: AuditTrail,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._numbers = numbers
        self._trail = trail
        self._terms = terms
        self._clock = clock

    async def get(self, order_id: str, caller: Identity) -> Order:
        """Return the caller's order. Admins can read all orders.

        Raises:
            OrderNotFoundError: The order does not exist or belongs to someone else.
        """
        return _require_visible(await self._orders.find_by_id(order_id), order_id, caller)

    async def page(
        self, query: OrderQuery, *, limit: int, cursor: str | None
    ) -> tuple[list[Order], str | None]:
        """Return a page of orders, newest first, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        return await self._orders.page(query, limit=limit, cursor=cursor)

    async def totals(self, email: str) -> CustomerTotals:
        """Return the number and the value of a customer's orders."""
        return await self._orders.totals(email)

    async def add_missing_keys(self) -> None:
        """Add keys of addresses to orders that a replica of the previous release stored."""
        while await self._orders.add_missing_keys(KEYS_CHUNK):
            pass

    async def add_missing_numbers(self) -> None:
        """Add numbers to orders that a replica of the previous release stored."""
        while await self._numbers.add_missing(KEYS_CHUNK):
            pass

    async def measure(self) -> None:
        """Update the metric of the orders that wait for their outcome."""
        oldest = await self._orders.find_oldest_pending()
        age = self._clock() - oldest if oldest else timedelta()
        OLDEST_PENDING.set(max(0.0, age.total_seconds()))

    async def cancel(self, order_id: str, caller: Identity) -> Order:
        """Cancel an order. products-ms returns its stock later.

        Raises:
            OrderNotFoundError: The order does not exist or belongs to someone else.
            NotCancellableError: The order is rejected, cancelled or shipped.
        """

        async def work(unit: UnitOfWork) -> Order:
            stored = await self._orders.find_by_id(order_id, session=unit.session)
            before = _require_visible(stored, order_id, caller)
            after = cancel(before, Act(caller.email, self._clock(), str(ObjectId())))
            await self._orders.update([(before, after)], session=unit.session)
            unit.publish(after.cancel_message())
            unit.mail(mail_about(after, self._terms))
            if not before.belongs_to(caller):
                await self._audit_cancellation(before, after, caller, unit)
            return after

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def settle(self, deliveries: Sequence[Delivery[OrderStatusUpdate]]) -> None:
        """Apply the outcomes that products-ms reports.

        Args:
            deliveries: The outcomes, in any order and with any number of duplicates.

        Raises:
            ConflictingOutcomeError: An outcome contradicts the stored one.
        """

        async def work(unit: UnitOfWork) -> list[Order]:
            ids = {delivery.event.order_id for delivery in deliveries}
            stored = await self._orders.find_by_ids(ids, session=unit.session)
            settled = dict(stored)
            for delivery in deliveries:
                order = settled.get(delivery.event.order_id)
                if order is None:
                    _report_unknown(delivery.event)
                    continue
                outcome = settle(order, delivery.event, self._clock(), self._terms, str(ObjectId()))
                settled[order.id] = outcome or order
            changes = [
                (before, settled[order_id])
                for order_id, before in stored.items()
                if settled[order_id] is not before
            ]
            await self._orders.update(changes, session=unit.session)
            decided = [order for before, order in changes if order.status is not before.status]
            unit.mail(*(mail_about(order, self._terms) for order in decided))
            return decided

        _count(await self._transactions.run(work))

    async def _audit_cancellation(
        self, before: Order, after: Order, caller: Identity, unit: UnitOfWork
    ) -> None:
        await self._trail.add(
            actor=caller,
            action="cancel order",
            subject=after.id,
            before={"status": before.status, "email": before.email},
            after={"status": after.status, "email": after.email},
            at=after.changed_at,
            session=unit.session,
        )


def _count(decided: Sequence[Order]) -> None:
    for order in decided:
        SETTLED.labels(order.status.value).inc()
        SETTLE_SECONDS.observe((order.changed_at - order.created_at).total_seconds())
        if order.status is OrderStatus.ACCEPTED:
            REVENUE.inc(order.cost_cents)


def _report_unknown(event: OrderStatusUpdate) -> None:
    # An order is always stored before its event is sent. So this database was restored from a
    # backup, or is not the one that took the order.
    UNKNOWN.inc()
    log.warning("outcome of an unknown order", order_id=event.order_id, status=event.status)


def _require_visible(order: Order | None, order_id: str, caller: Identity) -> Order:
    if order is None or not (caller.is_admin or order.belongs_to(caller)):
        raise OrderNotFoundError(order_id)
    return order
