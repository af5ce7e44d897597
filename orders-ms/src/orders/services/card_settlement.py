"""Applies what the provider of card payments knows to orders."""

from dataclasses import replace

import structlog
from bson import ObjectId
from prometheus_client import Counter

from orders.models.card_outcomes import apply_session, fail_refund
from orders.models.cards import CardAttempt, CardSession, SessionState, is_out_of_time
from orders.models.mails import mail_about, payment_mail, refund_mail
from orders.models.order import Order
from orders.models.payment import PaymentState, PaymentTerms, Refund
from orders.models.transitions import SHOP, Act, expire
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.orders import OrderRepository
from orders.repositories.provider_events import ProviderEventRepository
from shopkit.clock import Clock
from shopkit.storage.unit_of_work import Mail, Transactions, UnitOfWork

PAYMENTS = Counter("card_payments_total", "Card payments that were received.")
REFUNDS = Counter("card_refunds_total", "Refunds that the provider has paid.")
DISPUTES = Counter("card_disputes_total", "Card payments that began to be disputed.")
PROBLEMS = Counter("card_problems_total", "Problems of card payments that a person has to solve.")

log = structlog.get_logger(__name__)


class CardSettlement:
    """Brings an order, its attempt and an event up to date in one transaction."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        attempts: CardAttemptRepository,
        events: ProviderEventRepository,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._attempts = attempts
        self._events = events
        self._terms = terms
        self._clock = clock

    async def apply(self, session: CardSession, event_id: str | None = None) -> Order | None:
        """Apply a session to its order, and return the order. None if the shop has no such order.

        Args:
            session: The session as the provider knows it now.
            event_id: The event that is applied with it.
        """

        async def work(unit: UnitOfWork) -> tuple[Order, Order] | None:
            attempt = await self._attempts.find(session.key, session=unit.session)
            if attempt is None:
                return None
            before = await self._read(attempt, unit)
            now = self._clock()
            act = Act(SHOP, now, str(ObjectId()))
            after = apply_session(before, attempt, session, act, self._terms)
            if session.state is not SessionState.OPEN:
                after = await self._expired(after, attempt, act, unit)
            await self._store(before, after, unit)
            await self._attempts.update(attempt.seen(session, after, now), session=unit.session)
            if event_id:
                await self._events.mark_applied(event_id, session=unit.session)
            return before, after

        changed = await self._transactions.run(work)
        return _counted(*changed) if changed else None

    async def abandon(self, attempt: CardAttempt) -> None:
        """Close an attempt that has no page, and never gets one."""

        async def work(unit: UnitOfWork) -> None:
            before = await self._read(attempt, unit)
            act = Act(SHOP, self._clock(), str(ObjectId()))
            await self._store(before, await self._expired(before, attempt, act, unit), unit)
            closed = replace(attempt, open=False, check_at=None)
            await self._attempts.update(closed, session=unit.session)

        await self._transactions.run(work)

    async def fail(self, order_id: str, refund: Refund, code: str) -> None:
        """Store that the provider refuses a refund."""

        async def work(unit: UnitOfWork) -> tuple[Order, Order] | None:
            before = await self._orders.find_by_id(order_id, session=unit.session)
            act = Act(SHOP, self._clock(), str(ObjectId()))
            if before is None or refund not in before.payment.refunds:
                return None
            after = fail_refund(before, act, refund.id, code)
            await self._store(before, after, unit)
            return before, after

        if changed := await self._transactions.run(work):
            _counted(*changed)

    async def _read(self, attempt: CardAttempt, unit: UnitOfWork) -> Order:
        order = await self._orders.find_by_id(attempt.order_id, session=unit.session)
        assert order  # noqa: S101 - orders are never deleted.
        return order

    async def _expired(
        self, order: Order, attempt: CardAttempt, act: Act, unit: UnitOfWork
    ) -> Order:
        """Return the order, cancelled if it was not paid in time and nobody is paying it."""
        if not is_out_of_time(order, act.at):
            return order
        last = await self._attempts.find_last(order.id, session=unit.session)
        is_paying = last is not None and last.open and last.key != attempt.key
        return order if is_paying else expire(order, act)

    async def _store(self, before: Order, after: Order, unit: UnitOfWork) -> None:
        if after is before:
            return
        await self._orders.update([(before, after)], session=unit.session)
        unit.mail(*self._mails(before, after))
        if after.status is not before.status:
            unit.publish(after.cancel_message())

    def _mails(self, before: Order, after: Order) -> list[Mail]:
        mails: list[Mail] = []
        if after.status is not before.status:
            mails.append(mail_about(after, self._terms))
        if after.payment.state is PaymentState.PAID is not before.payment.state and (
            after.payable_cents and len(after.payment.receipts) > len(before.payment.receipts)
        ):
            mails.append(payment_mail(after, self._terms))
        return mails + [refund_mail(after, refund, self._terms) for refund in _paid(before, after)]


def _paid(before: Order, after: Order) -> list[Refund]:
    """Return the refunds that the provider has paid since."""
    waited = {refund.id for refund in before.payment.refunds if refund.waits_for_provider}
    return [refund for refund in after.payment.refunds if refund.id in waited and refund.paid_at]


def _counted(before: Order, after: Order) -> Order:
    PAYMENTS.inc(len(after.payment.receipts) - len(before.payment.receipts))
    REFUNDS.inc(len(_paid(before, after)))
    if after.payment.disputed and not before.payment.disputed:
        DISPUTES.inc()
        log.warning("a card payment is disputed", order_id=after.id)
    if after.problem != before.problem:
        PROBLEMS.inc()
        log.warning("a card payment needs a person", order_id=after.id)
    return after
