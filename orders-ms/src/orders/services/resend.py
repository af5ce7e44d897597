"""Sends events again if products-ms has not answered them in time."""

from datetime import timedelta

from prometheus_client import Counter

from orders.repositories.orders import OrderRepository
from shopkit.messaging.outbox import Outbox
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.unit_of_work import Transactions, UnitOfWork

LEASE = timedelta(seconds=1)
ORDERS_PER_LEASE = 100
"""The maximum number of orders in one run, and so in a second over all replicas."""

RESENT = Counter("order_events_resent_total", "Events sent again because no answer came.")


class ResendService:
    """Recovers from losses that redelivery cannot recover from, such as a broker that lost data."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        leases: JobLeases,
        outbox: Outbox,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._leases = leases
        self._outbox = outbox

    async def resend(self) -> int:
        """Send up to 100 events again, once a second over all replicas, and return how many.

        Events that are still unsent in the outbox are skipped.
        """
        if not await self._orders.has_overdue() or not await self._leases.acquire("resend", LEASE):
            return 0
        orders = await self._orders.take_overdue(ORDERS_PER_LEASE)
        messages = {
            message.id: message
            for message in (order.latest_message() for order in orders if order.awaits_answer)
        }
        for unsent_id in await self._outbox.find_unsent(messages):
            del messages[unsent_id]

        async def work(unit: UnitOfWork) -> None:
            unit.publish_again(*messages.values())

        if messages:
            await self._transactions.run(work)
            RESENT.inc(len(messages))
        return len(messages)
