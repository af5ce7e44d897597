"""What may be done with an order, and what follows from it.

`TABLE` says in which states each action is allowed. Every change of a payment or a fulfilment
consults it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from orders.errors import NotCancellableError, OrderStateError, RefundNotFoundError
from orders.models.fulfilment import (
    UNFINISHED,
    ClosedLine,
    FulfilmentState,
    LinePart,
    Parcel,
    Shipment,
)
from orders.models.order import Order, TimelineEntry
from orders.models.payment import (
    PaymentState,
    PaymentTerms,
    Receipt,
    Refund,
    RefundKind,
)
from shopkit.contract.events import OrderStatus, OrderStatusUpdate

SHOP = "shop"
"""Who acts if it is the shop itself."""
TIMELINE_LIMIT = 500
"""How many entries a timeline can have, so that an order stays small."""


class OrderAction(StrEnum):
    """What can be done with an order after it was placed."""

    CANCEL = "cancel"
    EXPIRE = "expire"
    REMIND = "remind"
    NOTE = "note"
    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    SHIP = "ship"
    DELIVER = "deliver"
    COLLECT = "collect"
    CLOSE_LINES = "close_lines"
    PROCESS = "process"
    PAYMENT_FAILED = "payment_failed"
    DISPUTE = "dispute"
    PROBLEM = "problem"


class Allowed(NamedTuple):
    """The states in which an action is allowed: any combination of these."""

    statuses: Collection[OrderStatus]
    payments: Collection[PaymentState]
    fulfilments: Collection[FulfilmentState]


_ANY_STATUS = frozenset(OrderStatus)
_ANY_PAYMENT = frozenset(PaymentState)
_ANY_FULFILMENT = frozenset(FulfilmentState)
_ACCEPTED = frozenset({OrderStatus.ACCEPTED})
_DECIDED = _ANY_STATUS - {OrderStatus.PENDING}
_UNSHIPPED = frozenset({FulfilmentState.OPEN})
_PAID = frozenset({PaymentState.NONE, PaymentState.PAID})
_NOTHING_DUE = _PAID | {PaymentState.REFUNDED}

TABLE: Mapping[OrderAction, Allowed] = {
    OrderAction.CANCEL: Allowed(
        {OrderStatus.PENDING, OrderStatus.ACCEPTED}, _ANY_PAYMENT, _UNSHIPPED
    ),
    OrderAction.EXPIRE: Allowed(_ACCEPTED, {PaymentState.DUE}, _UNSHIPPED),
    OrderAction.REMIND: Allowed(_ACCEPTED, {PaymentState.DUE}, _UNSHIPPED),
    OrderAction.NOTE: Allowed(_ANY_STATUS, _ANY_PAYMENT, _ANY_FULFILMENT),
    OrderAction.PAYMENT: Allowed(_DECIDED, _ANY_PAYMENT, _ANY_FULFILMENT),
    OrderAction.REFUND: Allowed(_DECIDED, {PaymentState.DUE, PaymentState.PAID}, _ANY_FULFILMENT),
    OrderAction.PAYOUT: Allowed(
        _DECIDED,
        {PaymentState.DUE, PaymentState.PROCESSING, PaymentState.PAID},
        _ANY_FULFILMENT,
    ),
    OrderAction.SHIP: Allowed(_ACCEPTED, _PAID, UNFINISHED),
    OrderAction.DELIVER: Allowed(_ACCEPTED, _NOTHING_DUE, {FulfilmentState.SHIPPED}),
    OrderAction.COLLECT: Allowed(_ACCEPTED, _PAID, _UNSHIPPED),
    OrderAction.CLOSE_LINES: Allowed(
        _ACCEPTED, _NOTHING_DUE | {PaymentState.DUE}, {FulfilmentState.PARTLY_SHIPPED}
    ),
    OrderAction.PROCESS: Allowed(_ACCEPTED, {PaymentState.DUE}, _UNSHIPPED),
    OrderAction.PAYMENT_FAILED: Allowed(_ACCEPTED, {PaymentState.PROCESSING}, _UNSHIPPED),
    OrderAction.DISPUTE: Allowed(_ANY_STATUS, _ANY_PAYMENT, _ANY_FULFILMENT),
    OrderAction.PROBLEM: Allowed(_ANY_STATUS, _ANY_PAYMENT, _ANY_FULFILMENT),
}
"""What is allowed when."""

_AUTOMATIC = frozenset(
    {
        OrderAction.EXPIRE,
        OrderAction.REMIND,
        OrderAction.PROCESS,
        OrderAction.PAYMENT_FAILED,
        OrderAction.DISPUTE,
        OrderAction.PROBLEM,
    }
)
"""What the shop does by itself."""
_NOT_WHILE_DISPUTED = frozenset(
    {OrderAction.SHIP, OrderAction.COLLECT, OrderAction.REFUND, OrderAction.CLOSE_LINES}
)
_ONLY_DELIVERED = frozenset({OrderAction.SHIP, OrderAction.DELIVER, OrderAction.CLOSE_LINES})


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when, and the id of what the action creates."""

    by: str
    at: datetime
    id: str


def is_allowed(order: Order, action: OrderAction) -> bool:
    """Return whether an order allows an action now."""
    allowed = TABLE[action]
    return (
        order.status in allowed.statuses
        and order.payment.state in allowed.payments
        and order.fulfilment.state in allowed.fulfilments
        and _fits_delivery(order, action)
        and not (action is OrderAction.SHIP and _was_never_due(order))
        and not (order.payment.disputed and action in _NOT_WHILE_DISPUTED)
    )


def allowed_actions(order: Order) -> list[OrderAction]:
    """Return the actions that an admin can take now."""
    return [
        action for action in OrderAction if action not in _AUTOMATIC and is_allowed(order, action)
    ]


def settle(
    order: Order, outcome: OrderStatusUpdate, now: datetime, terms: PaymentTerms, new_id: str
) -> Order | None:
    """Return the order with an outcome from products-ms, or None if nothing changes.

    Raises:
        ConflictingOutcomeError: The order already has a different outcome.
    """
    after = order.with_outcome(outcome, now)
    if after is None or after.status is order.status:
        return after
    if after.status is OrderStatus.ACCEPTED and after.total_cents:
        return replace(after, payment=after.payment.due(now, terms))
    if after.status is OrderStatus.CANCELLED and after.fulfilment.state not in _UNSHIPPED:
        # The goods are gone, so a person has to decide about the money.
        return replace(after, problem="products-ms cancelled this order after it was shipped.")
    return _balanced(after, RefundKind.CANCELLED, new_id, now)


def cancel(order: Order, act: Act) -> Order:
    """Return the order as cancelled, with the refund of what was received.

    Raises:
        NotCancellableError: The order is rejected, cancelled or shipped.
    """
    if order.fulfilment.state not in _UNSHIPPED:
        raise NotCancellableError(order.id, order.fulfilment.state.replace("_", " "))
    after = _balanced(order.cancelled(act.at), RefundKind.CANCELLED, act.id, act.at)
    return _logged(after, act, OrderAction.CANCEL, "")


def expire(order: Order, act: Act) -> Order:
    """Return an order that was not paid in time as cancelled."""
    _allow(order, OrderAction.EXPIRE)
    after = replace(order.cancelled(act.at), reason="The order was not paid in time.")
    after = _balanced(after, RefundKind.CANCELLED, act.id, act.at)
    return _logged(after, act, OrderAction.EXPIRE, "")


def remind(order: Order, act: Act) -> Order:
    """Return the order after its customer was reminded of the payment."""
    _allow(order, OrderAction.REMIND)
    return _logged(replace(order, payment=order.payment.reminded()), act, OrderAction.REMIND, "")


def postpone(order: Order, act_at: datetime) -> Order:
    """Return an order at which the loop of the deadlines looks again later."""
    payment = replace(order.payment, act_at=act_at)
    return replace(order, payment=payment, version=order.version + 1)


def note(order: Order, act: Act, text: str, *, resolve: bool) -> Order:
    """Return the order with a note, and without its problem if the note resolves it."""
    _allow(order, OrderAction.NOTE)
    problem = None if resolve else order.problem
    return _logged(replace(order, problem=problem), act, OrderAction.NOTE, text)


def record_payment(order: Order, act: Act, receipt: Receipt) -> Order:
    """Return the order with money that was received. What is too much has to be paid back."""
    _allow(order, OrderAction.PAYMENT)
    after = replace(order, payment=order.payment.received(receipt))
    kind = RefundKind.OVERPAID if order.payable_cents else RefundKind.CANCELLED
    reference = f", {receipt.reference}" if receipt.reference else ""
    detail = f"{_money(receipt.amount_cents)} {receipt.method}{reference}"
    return _logged(_balanced(after, kind, act.id, act.at), act, OrderAction.PAYMENT, detail)


def request_refund(order: Order, act: Act, amount_cents: int, reason: str) -> Order:
    """Return the order with a refund that has to be paid as an allowance.

    Raises:
        RefundTooLargeError: The refund exceeds what was received and not requested yet.
    """
    _allow(order, OrderAction.REFUND)
    refund = Refund(act.id, RefundKind.ALLOWANCE, amount_cents, reason, act.at)
    after = replace(order, payment=order.payment.requested(refund))
    return _logged(after, act, OrderAction.REFUND, f"{_money(amount_cents)}, {reason}")


def pay_out(order: Order, act: Act, refund_id: str, reference: str) -> Order:
    """Return the order after an admin paid a refund out.

    Raises:
        RefundNotFoundError: There is no such refund, it was paid out before, or the provider of
            card payments pays it.
    """
    _allow(order, OrderAction.PAYOUT)
    for refund in order.payment.refunds:
        if refund.id == refund_id and refund.waits_for_admin:
            return paid_out(order, act, refund, reference)
    raise RefundNotFoundError(refund_id)


def paid_out(order: Order, act: Act, refund: Refund, reference: str) -> Order:
    """Return the order after one of its refunds was paid out."""
    _allow(order, OrderAction.PAYOUT)
    after = replace(order, payment=order.payment.paid_out(refund.id, act.at))
    detail = ", ".join(filter(None, [_money(refund.amount_cents), reference]))
    return _logged(after, act, OrderAction.PAYOUT, detail)


def process(order: Order, act: Act) -> Order:
    """Return the order while the provider decides about its payment."""
    _allow(order, OrderAction.PROCESS)
    payment = replace(order.payment, state=PaymentState.PROCESSING, due_at=None, act_at=None)
    return _logged(replace(order, payment=payment), act, OrderAction.PROCESS, "")


def fail_payment(order: Order, act: Act, terms: PaymentTerms) -> Order:
    """Return the order as due again, after the provider has refused its payment."""
    _allow(order, OrderAction.PAYMENT_FAILED)
    after = replace(order, payment=order.payment.due(act.at, terms))
    return _logged(after, act, OrderAction.PAYMENT_FAILED, "")


def dispute(order: Order, act: Act, *, disputed: bool, detail: str) -> Order:
    """Return the order with or without a dispute about its payment."""
    payment = replace(order.payment, disputed=disputed)
    return _logged(replace(order, payment=payment), act, OrderAction.DISPUTE, detail)


def lose_dispute(order: Order, act: Act, refund: Refund) -> Order:
    """Return the order without the money that its customer's bank took back.

    Raises:
        RefundTooLargeError: The money has to be paid back already.
    """
    payment = order.payment.requested(refund).paid_out(refund.id, act.at)
    after = replace(order, payment=payment)
    return _logged(after, act, OrderAction.DISPUTE, f"{_money(refund.amount_cents)}, lost")


def report(order: Order, act: Act, problem: str) -> Order:
    """Return the order with a problem that a person has to solve. Each is reported once."""
    if any(
        entry.action == OrderAction.PROBLEM and entry.detail == problem for entry in order.timeline
    ):
        return order
    after = replace(order, problem=" ".join(filter(None, [order.problem, problem])))
    return _logged(after, act, OrderAction.PROBLEM, problem)


def ship(order: Order, act: Act, parcel: Parcel) -> Order:
    """Return the order with a shipment.

    Raises:
        LinesExceedOrderError: The parcel contains more than is open.
    """
    _allow(order, OrderAction.SHIP)
    lines = parcel.lines or tuple(LinePart(*part) for part in order.open_parts.items())
    shipment = Shipment(act.id, act.at, **parcel._replace(lines=lines)._asdict())
    after = replace(order, fulfilment=order.fulfilment.shipped(shipment, order.quantities))
    detail = " ".join(filter(None, [parcel.carrier, parcel.tracking_number]))
    return _logged(after, act, OrderAction.SHIP, detail)


def deliver(order: Order, act: Act) -> Order:
    """Return the order as delivered."""
    _allow(order, OrderAction.DELIVER)
    return _logged(_with_fulfilment(order, FulfilmentState.DELIVERED), act, OrderAction.DELIVER, "")


def collect(order: Order, act: Act) -> Order:
    """Return the order as collected in the shop."""
    _allow(order, OrderAction.COLLECT)
    return _logged(_with_fulfilment(order, FulfilmentState.COLLECTED), act, OrderAction.COLLECT, "")


def close_lines(order: Order, act: Act, parts: Sequence[LinePart], reason: str) -> Order:
    """Return the order without parts of lines that cannot be shipped, which are paid back.

    Raises:
        LinesExceedOrderError: They are more than what is open.
    """
    _allow(order, OrderAction.CLOSE_LINES)
    closed = [ClosedLine(part.product_id, part.quantity, reason) for part in parts]
    after = replace(order, fulfilment=order.fulfilment.closing(closed, order.quantities))
    after = _balanced(after, RefundKind.CLOSED_LINES, act.id, act.at)
    return _logged(after, act, OrderAction.CLOSE_LINES, reason)


def _allow(order: Order, action: OrderAction) -> None:
    if not is_allowed(order, action):
        name = action.replace("_", " ")
        raise OrderStateError(
            order.id,
            f"The order is {order.status}, its payment is {order.payment.state} and its "
            f"fulfilment is {order.fulfilment.state.replace('_', ' ')}. It does not allow: {name}.",
        )


def _fits_delivery(order: Order, action: OrderAction) -> bool:
    if action is OrderAction.COLLECT:
        return order.delivery.is_collection
    return action not in _ONLY_DELIVERED or not order.delivery.is_collection


def _was_never_due(order: Order) -> bool:
    # A replica of the previous release accepted the order, and knew nothing of its payment.
    return order.payment.state is PaymentState.NONE and order.payable_cents > 0


def _balanced(order: Order, kind: RefundKind, new_id: str, now: datetime) -> Order:
    return replace(order, payment=order.payment.settled(order.payable_cents, kind, new_id, now))


def _with_fulfilment(order: Order, state: FulfilmentState) -> Order:
    return replace(order, fulfilment=replace(order.fulfilment, state=state))


def _logged(order: Order, act: Act, action: OrderAction, detail: str) -> Order:
    # What has already happened has to be stored, whatever is in the timeline.
    optional = act.by != SHOP and action is not OrderAction.CANCEL
    if optional and len(order.timeline) >= TIMELINE_LIMIT:
        raise OrderStateError(order.id, "The timeline of the order is full.")
    entry = TimelineEntry(act.at, act.by, action, detail)
    return replace(order, timeline=(*order.timeline, entry), version=order.version + 1)


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"
