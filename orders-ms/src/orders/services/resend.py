"""Asks products-ms again about orders that it has owed an answer for too long."""

from datetime import timedelta

from prometheus_client import Counter

from orders.repositories.job_leases import TickRepository
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.mongo import Session, Transactions

A_SECOND = 100
"""The most orders asked about in a second, over all replicas."""

RESENT = Counter("order_events_resent_total", "Events sent again for want of an answer.")


class ResendService:
    """Heals what no redelivery heals, such as a broker that lost its data."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        ticks: TickRepository,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._ticks = ticks
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def resend(self) -> int:
        """Have up to 100 events sent again, once a second over all replicas; return how many.

        An event that still waits in the outbox is left to wait there.
        """
        if not await self._ticks.take("resend", self._clock(), timedelta(seconds=1)):
            return 0
        orders = await self._orders.take_unanswered(self._clock(), A_SECOND)
        rows = [Row(message, kept=True) for one in orders for message in one.owed_messages()]
        waiting = await self._outbox.unsent_of([row.message.id for row in rows])
        rows = [row for row in rows if row.message.id not in waiting]
        if rows:
            await self._transactions.run(lambda session: self._send_again(rows, session))
            self._hand_over(rows)
            RESENT.inc(len(rows))
        return len(rows)

    async def _send_again(self, rows: list[Row], session: Session) -> None:
        await self._outbox.send_again(rows, session=session)
