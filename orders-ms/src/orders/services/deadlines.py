"""Reminds customers of payments, and cancels the orders that were not paid in time."""

from datetime import datetime, timedelta

from bson import ObjectId
from prometheus_client import Counter

from orders.models.cards import PATIENCE
from orders.models.mails import mail_about, reminder_mail
from orders.models.order import Order
from orders.models.payment import PaymentMethod, PaymentTerms
from orders.models.transitions import (
    SHOP,
    Act,
    OrderAction,
    expire,
    is_allowed,
    postpone,
    remind,
)
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.unit_of_work import Transactions, UnitOfWork

LEASE = timedelta(seconds=5)
ORDERS_PER_LEASE = 100

EXPIRED = Counter("orders_expired_total", "Orders that were cancelled because they were not paid.")


class DeadlineService:
    """Acts when the deadline of an order comes, on one replica at a time.

    The times are those of the database.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        attempts: CardAttemptRepository,
        leases: JobLeases,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._attempts = attempts
        self._leases = leases
        self._terms = terms
        self._clock = clock

    async def act(self) -> None:
        """Handle up to 100 orders whose reminder or deadline has come."""
        if not await self._orders.has_due() or not await self._leases.acquire("deadlines", LEASE):
            return
        for order_id in await self._orders.find_due(ORDERS_PER_LEASE):
            if await self._act_on(order_id):
                EXPIRED.inc()

    async def _act_on(self, order_id: str) -> bool:
        async def work(unit: UnitOfWork) -> bool:
            order = await self._orders.find_by_id(order_id, session=unit.session)
            now = self._clock()
            if order is None or order.payment.act_at is None or order.payment.act_at > now:
                return False
            if not is_allowed(order, OrderAction.EXPIRE):
                return False
            if await self._waits_for_provider(order, now, unit):
                return False
            act = Act(SHOP, now, str(ObjectId()))
            expires = order.payment.due_at is not None and order.payment.due_at <= now
            after = expire(order, act) if expires else remind(order, act)
            await self._orders.update([(order, after)], session=unit.session)
            if expires:
                unit.publish(after.cancel_message())
                unit.mail(mail_about(after, self._terms))
            else:
                unit.mail(reminder_mail(after, self._terms))
            return expires

        return await self._transactions.run(work)

    async def _waits_for_provider(self, order: Order, now: datetime, unit: UnitOfWork) -> bool:
        """Return whether the provider is asked first whether an order is paid.

        The loop of the cards then closes the page and cancels the order. If the provider does not
        answer, the order is cancelled later.
        """
        due_at = order.payment.due_at
        if order.payment.method is not PaymentMethod.CARD or due_at is None or due_at > now:
            return False
        last = await self._attempts.find_last(order.id, session=unit.session)
        if last is None or not last.open or now >= due_at + PATIENCE:
            return False
        after = postpone(order, due_at + PATIENCE)
        await self._orders.update([(order, after)], session=unit.session)
        await self._attempts.wake([order.id], session=unit.session)
        return True
