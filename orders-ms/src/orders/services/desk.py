"""Lets admins record what happens to an order: payments, shipments, refunds and notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bson import ObjectId

from orders.errors import OrderNotFoundError
from orders.models import transitions
from orders.models.fulfilment import FulfilmentState, LinePart, Parcel
from orders.models.mails import delivered_mail, payment_mail, shipment_mail
from orders.models.order import Order
from orders.models.payment import PaymentState, PaymentTerms, Receipt, ReceiptMethod
from orders.models.transitions import Act
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.audit import AuditTrail
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_id
from shopkit.storage.unit_of_work import HTTP_SECONDS, Mail, Transactions, UnitOfWork


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """What an admin asks for.

    Attributes:
        order_id: The order.
        admin: The admin.
        key: The idempotency key.
        fingerprint: A hash of the request, to detect a key that is reused.
    """

    order_id: str
    admin: Identity
    key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """Money that an admin received."""

    amount_cents: int
    method: ReceiptMethod
    reference: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An order after a request. It is unchanged if an earlier request had the same key."""

    order: Order
    replayed: bool


Transition = Callable[[Order, Act], Order]


class DeskService:
    """Applies one transition for each request, in a transaction that is guarded by the version."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        keys: IdempotencyKeys,
        trail: AuditTrail,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._keys = keys
        self._trail = trail
        self._terms = terms
        self._clock = clock

    async def get(self, order_id: str) -> Order:
        """Return an order.

        Raises:
            OrderNotFoundError: The order does not exist.
        """
        order = await self._orders.find_by_id(order_id)
        if order is None:
            raise OrderNotFoundError(order_id)
        return order

    async def add_note(self, request: DeskRequest, text: str, *, resolve: bool) -> Recorded:
        """Add a note, which also resolves the problem of the order if it says so."""
        return await self._apply(
            request,
            "add note",
            lambda order, act: transitions.note(order, act, text, resolve=resolve),
        )

    async def record_payment(self, request: DeskRequest, received: ReceivedPayment) -> Recorded:
        """Record money that was received.

        Raises:
            OrderStateError: The order is not decided yet.
        """
        return await self._apply(
            request, "record payment", lambda order, act: _receive(order, act, received)
        )

    async def request_refund(
        self, request: DeskRequest, amount_cents: int, reason: str
    ) -> Recorded:
        """Request a refund.

        Raises:
            OrderStateError: Nothing was paid.
            RefundTooLargeError: The refund exceeds what was received and not requested yet.
        """
        return await self._apply(
            request,
            "request refund",
            lambda order, act: transitions.request_refund(order, act, amount_cents, reason),
        )

    async def pay_out(self, request: DeskRequest, refund_id: str, reference: str) -> Recorded:
        """Record that a refund was paid out.

        Raises:
            OrderStateError: Nothing was paid.
            RefundNotFoundError: There is no such refund, or it was paid out before.
        """
        return await self._apply(
            request,
            "pay out refund",
            lambda order, act: transitions.pay_out(order, act, refund_id, reference),
        )

    async def ship(self, request: DeskRequest, parcel: Parcel) -> Recorded:
        """Record a shipment.

        Raises:
            OrderStateError: The order is cancelled, unpaid, or has nothing to ship.
            LinesExceedOrderError: The parcel contains more than is open.
        """
        return await self._apply(
            request, "ship order", lambda order, act: transitions.ship(order, act, parcel)
        )

    async def deliver(self, request: DeskRequest) -> Recorded:
        """Record that the order has arrived.

        Raises:
            OrderStateError: The order is not shipped completely.
        """
        return await self._apply(request, "mark order delivered", transitions.deliver)

    async def collect(self, request: DeskRequest, received: ReceivedPayment | None) -> Recorded:
        """Record that the customer has collected the order, and paid if money was received.

        Raises:
            OrderStateError: The order is not to be collected, or not paid.
        """

        def apply(order: Order, act: Act) -> Order:
            paid = _receive(order, act, received) if received else order
            return transitions.collect(paid, act)

        return await self._apply(request, "mark order collected", apply)

    async def close_lines(
        self, request: DeskRequest, parts: Sequence[LinePart], reason: str
    ) -> Recorded:
        """Close parts of lines that cannot be shipped. What was paid for them is paid back.

        Raises:
            OrderStateError: Nothing of the order was shipped, or everything.
            LinesExceedOrderError: They are more than what is open.
        """
        return await self._apply(
            request,
            "close lines",
            lambda order, act: transitions.close_lines(order, act, parts, reason),
        )

    async def _apply(self, request: DeskRequest, action: str, transition: Transition) -> Recorded:
        async def work(unit: UnitOfWork) -> Recorded:
            replayed = await self._was_applied(request, unit)
            before = await self._orders.find_by_id(request.order_id, session=unit.session)
            if before is None:
                raise OrderNotFoundError(request.order_id)
            if replayed:
                return Recorded(before, replayed=True)
            act = Act(request.admin.email, self._clock(), str(ObjectId()))
            after = transition(before, act)
            await self._orders.update([(before, after)], session=unit.session)
            await self._remember(request, act, unit)
            unit.mail(*self._mails(before, after))
            await self._trail.add(
                actor=request.admin,
                action=action,
                subject=after.id,
                before=_for_audit(before),
                after=_for_audit(after),
                at=act.at,
                session=unit.session,
            )
            return Recorded(after, replayed=False)

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _was_applied(self, request: DeskRequest, unit: UnitOfWork) -> bool:
        if request.key is None:
            return False
        id_ = key_id(request.admin.account_id, request.key)
        records = await self._keys.find_by_ids([id_], session=unit.session)
        if id_ in records:
            records[id_].check(request.fingerprint, request.key)
        return id_ in records

    async def _remember(self, request: DeskRequest, act: Act, unit: UnitOfWork) -> None:
        if request.key is not None:
            id_ = key_id(request.admin.account_id, request.key)
            record = KeyRecord(id_, request.fingerprint, request.order_id, act.at)
            await self._keys.insert([record], session=unit.session)

    def _mails(self, before: Order, after: Order) -> list[Mail]:
        mails: list[Mail] = []
        collected = after.fulfilment.state is FulfilmentState.COLLECTED
        became_paid = after.payment.state is PaymentState.PAID is not before.payment.state
        if became_paid and after.payable_cents and not collected:
            mails.append(payment_mail(after, self._terms))
        if len(after.fulfilment.shipments) > len(before.fulfilment.shipments):
            mails.append(shipment_mail(after, after.fulfilment.shipments[-1], self._terms))
        if after.fulfilment.state is not before.fulfilment.state and (
            after.fulfilment.state is FulfilmentState.DELIVERED
        ):
            mails.append(delivered_mail(after, self._terms))
        return mails


def _receive(order: Order, act: Act, received: ReceivedPayment) -> Order:
    receipt = Receipt(act.id, received.amount_cents, received.method, received.reference, act.at)
    return transitions.record_payment(order, act, receipt)


def _for_audit(order: Order) -> dict[str, object]:
    return {
        "payment": order.payment.state,
        "fulfilment": order.fulfilment.state,
        "captured_cents": order.payment.captured_cents,
        "refund_requested_cents": order.payment.refund_requested_cents,
        "refunded_cents": order.payment.refunded_cents,
    }
