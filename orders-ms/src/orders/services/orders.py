"""What shoppers do with their orders, and what products-ms tells of them."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from prometheus_client import Counter

from orders.errors import OrderNotFoundError
from orders.models.order import Order
from orders.models.query import OrderQuery
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.contract.events import Delivery, OrderStatusUpdate
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage import cursors
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import HTTP_SECONDS, Session, Transactions
from shopkit.web.identity import Identity

UNKNOWN = Counter("order_status_unknown_total", "Outcomes of orders that are not stored here.")

log = structlog.get_logger(__name__)


class OrderService:
    """Shows, cancels and settles orders."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        trail: AuditTrail,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._trail = trail
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def order(self, order_id: str, caller: Identity) -> Order:
        """Return the caller's order; an admin sees everyone's.

        Raises:
            OrderNotFoundError: There is none, or it is someone else's.
        """
        return _visible(await self._orders.by_id(order_id), order_id, caller)

    async def page(
        self, query: OrderQuery, *, limit: int, cursor: str | None
    ) -> tuple[list[Order], str | None]:
        """Return orders, newest first, and the cursor of the next page.

        Raises:
            InvalidCursorError: The cursor was not made by this list.
        """
        after = _decode(cursor) if cursor else None
        found = await self._orders.page(query, limit=limit + 1, after=after)
        page = found[:limit]
        return page, _encode(page[-1]) if len(found) > limit else None

    async def cancel(self, order_id: str, caller: Identity) -> Order:
        """Cancel an order and have products-ms give its stock back.

        Raises:
            OrderNotFoundError: There is none, or it is someone else's.
            NotCancellableError: It is rejected, or cancelled already.
        """
        order, rows = await self._transactions.run(
            lambda session: self._cancel(order_id, caller, session), seconds=HTTP_SECONDS
        )
        self._hand_over(rows)
        return order

    async def _cancel(
        self, order_id: str, caller: Identity, session: Session
    ) -> tuple[Order, list[Row]]:
        before = _visible(await self._orders.by_id(order_id, session=session), order_id, caller)
        order = before.cancelled(self._clock())
        rows = [Row(order.cancel_message(), kept=True)]
        await self._orders.move([(before, order)], session=session)
        await self._outbox.add(rows, session=session)
        if caller.email != order.email:
            await self._note_cancel(before, order, caller, session)
        return order, rows

    async def _note_cancel(
        self, before: Order, after: Order, caller: Identity, session: Session
    ) -> None:
        await self._trail.add(
            actor=caller.email,
            action="cancel order",
            subject=after.id,
            before={"status": before.status, "email": before.email},
            after={"status": after.status, "email": after.email},
            at=after.changed_at,
            session=session,
        )

    async def settle(self, deliveries: Sequence[Delivery[OrderStatusUpdate]]) -> None:
        """Move orders on as products-ms has decided, and note cancellations as carried out.

        Args:
            deliveries: Outcomes, each any number of times and in any order.

        Raises:
            ContraryOutcomeError: One says the contrary of what is settled.
        """
        await self._transactions.run(lambda session: self._settle(deliveries, session))

    async def _settle(
        self, deliveries: Sequence[Delivery[OrderStatusUpdate]], session: Session
    ) -> None:
        stored = await self._orders.by_ids(
            {delivery.event.order_id for delivery in deliveries}, session=session
        )
        moved = dict(stored)
        for delivery in deliveries:
            order = moved.get(delivery.event.order_id)
            if order is None:
                _note_unknown(delivery.event)
                continue
            moved[order.id] = order.after(delivery.event, self._clock()) or order
        changes = [(stored[id_], moved[id_]) for id_ in stored if moved[id_] is not stored[id_]]
        await self._orders.move(changes, session=session)
        settled = [event_id for _, order in changes for event_id in order.settled_event_ids()]
        if settled:
            await self._outbox.release(settled, session=session)


def _note_unknown(event: OrderStatusUpdate) -> None:
    # An order is stored before it is told of: this database was restored from a backup, or is
    # not the one that took it. The regular comparison has its stock given back.
    UNKNOWN.inc()
    log.warning("outcome of an unknown order", order_id=event.order_id, status=event.status)


def _visible(order: Order | None, order_id: str, caller: Identity) -> Order:
    if order is None or (order.email != caller.email and not caller.admin):
        raise OrderNotFoundError(order_id)
    return order


def _encode(order: Order) -> str:
    return cursors.encode(order.created_at.isoformat(), order.id)


def _decode(cursor: str) -> tuple[datetime, str]:
    at, order_id = cursors.decode(cursor, parts=2)
    return cursors.moment(at), cursors.object_id(order_id)
