"""Card payments: the attempts to pay an order, and what the provider knows about each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from orders.errors import OrderStateError
from orders.models import transitions
from orders.models.order import Order
from orders.models.payment import PaymentMethod, PaymentTerms, Refund
from orders.models.transitions import OrderAction
from shopkit.contract.events import OrderStatus

PAGE_PERIOD = timedelta(minutes=35)
"""How long a customer can pay on a page at least. The provider demands 30 minutes."""
PATIENCE = timedelta(minutes=10)
"""How long an order waits after its deadline for a provider that does not answer."""
CHECK_INTERVAL = timedelta(seconds=60)
"""How often an open page, or a payment that the provider still processes, is looked at."""
SOON = timedelta(seconds=2)
"""When an order is looked at again after the provider was asked for something."""


class SessionState(StrEnum):
    """Where the page at the provider stands on which a customer pays."""

    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    EXPIRED = "EXPIRED"


class CaptureState(StrEnum):
    """Where the payment of a session stands."""

    UNPAID = "UNPAID"
    PROCESSING = "PROCESSING"
    PAID = "PAID"
    FAILED = "FAILED"


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class RefundOutcome(StrEnum):
    """Where a refund at the provider stands."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class ProviderRefund(NamedTuple):
    """A refund at the provider. `refund_id` is empty if the shop did not request it."""

    id: str
    refund_id: str
    amount_cents: int
    outcome: RefundOutcome


class Dispute(NamedTuple):
    """A dispute about a payment."""

    id: str
    amount_cents: int
    state: DisputeState


@dataclass(frozen=True, slots=True)
class CardSession:
    """What the provider knows about an attempt to pay.

    Attributes:
        id: The id at the provider.
        key: The key of the attempt, empty if the shop did not start it.
        url: The page on which the customer pays, empty if it is closed.
        payment_intent: The id of the payment at the provider, empty if there is none yet.
        live: Whether the money is real.
    """

    id: str
    key: str
    state: SessionState
    capture: CaptureState
    amount_cents: int
    currency: str
    live: bool
    url: str = ""
    payment_intent: str = ""
    refunds: tuple[ProviderRefund, ...] = ()
    disputes: tuple[Dispute, ...] = ()


@dataclass(frozen=True, slots=True)
class CardAttempt:
    """An attempt to pay an order, which is stored before the first request to the provider.

    Attributes:
        key: The idempotency key of the session: the order's id and the number of the attempt.
        amount_cents: What the customer is asked for.
        live: Whether the money is real.
        parameters: Exactly what is sent to the provider.
        open: Whether the customer may still pay with it. An order has one open attempt at most.
        session_id: The id of the session, empty until the provider has answered.
        payment_intent: The id of the payment, empty until there is one.
        check_at: When to compare the order with the provider again, None if both are done.
        refund_tries: How many answers of the provider were errors that it repeats for their key.
    """

    key: str
    order_id: str
    number: int
    amount_cents: int
    currency: str
    live: bool
    parameters: Mapping[str, Any]
    created_at: datetime
    open: bool = True
    session_id: str = ""
    payment_intent: str = ""
    check_at: datetime | None = None
    refund_tries: int = 0

    def seen(self, session: CardSession, order: Order, now: datetime) -> "CardAttempt":
        """Return the attempt after the order was compared with the session."""
        is_open = session.state is SessionState.OPEN
        if is_open and not is_payable(order, now):
            check_at: datetime | None = now + SOON
        elif refunds_to_request(order, session):
            check_at = now + SOON
        elif is_open or session.capture is CaptureState.PROCESSING or _has_pending_refund(order):
            check_at = now + CHECK_INTERVAL
        else:
            check_at = None
        return replace(
            self,
            open=is_open,
            session_id=session.id,
            payment_intent=session.payment_intent,
            check_at=check_at,
        )


class Seller(NamedTuple):
    """The shop as the provider knows it.

    Attributes:
        live: Whether it takes real money.
        shop_address: The address of the shop without a slash at its end.
    """

    live: bool
    shop_address: str


class ProviderEvent(NamedTuple):
    """An event of the provider. It says which session to look at, and nothing else.

    Attributes:
        session_id: The session, empty if the event names a payment only.
        payment_intent: The payment, empty if the event names a session only.
    """

    id: str
    type: str
    created_at: datetime
    live: bool
    session_id: str = ""
    payment_intent: str = ""


def is_payable(order: Order, now: datetime) -> bool:
    """Return whether the customer may pay an order by card now."""
    payment = order.payment
    return (
        payment.method is PaymentMethod.CARD
        and transitions.is_allowed(order, OrderAction.EXPIRE)
        and (payment.due_at is None or payment.due_at > now)
    )


def require_payable(order: Order, now: datetime) -> None:
    """Check that the customer may pay an order by card now.

    Raises:
        OrderStateError: Nothing is due by card.
    """
    if not is_payable(order, now):
        raise OrderStateError(order.id, "No payment by card is due for this order.")


def new_attempt(
    order: Order, number: int, now: datetime, terms: PaymentTerms, seller: Seller
) -> CardAttempt:
    """Return the next attempt to pay an order, with exactly what is sent to the provider."""
    key = f"{order.id}-{number}"
    page = f"{seller.shop_address}/orders/{order.id}"
    ends_at = max(order.payment.due_at or now, now + PAGE_PERIOD)
    item = {
        "currency": terms.currency.lower(),
        "unit_amount": order.open_cents,
        "product_data": {"name": f"Order {order.number}"},
    }
    metadata = {"order_id": order.id, "attempt": key}
    return CardAttempt(
        key=key,
        order_id=order.id,
        number=number,
        amount_cents=order.open_cents,
        currency=terms.currency,
        live=seller.live,
        parameters={
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [{"price_data": item, "quantity": 1}],
            # Otherwise the customer may pay another amount in another currency.
            "adaptive_pricing": {"enabled": False},
            "client_reference_id": order.id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "success_url": page,
            "cancel_url": page,
            "expires_at": int(ends_at.timestamp()),
        },
        created_at=now,
        check_at=now + CHECK_INTERVAL,
    )


def refunds_to_request(order: Order, session: CardSession) -> list[Refund]:
    """Return the refunds of a session's payment that the provider does not know yet.

    None is requested while the payment is disputed, because the provider refuses them.
    """
    receipt = order.payment.card_receipt(session.payment_intent)
    known = {refund.refund_id for refund in session.refunds}
    if receipt is None or order.payment.disputed:
        return []
    return [
        refund
        for refund in order.payment.refunds
        if refund.waits_for_provider and refund.receipt_id == receipt.id and refund.id not in known
    ]


def is_out_of_time(order: Order, now: datetime) -> bool:
    """Return whether an order was not paid in time."""
    due_at = order.payment.due_at
    return transitions.is_allowed(order, OrderAction.EXPIRE) and bool(due_at and due_at <= now)


def concerns_provider(order: Order) -> bool:
    """Return whether a change of an order concerns the provider."""
    is_cancelled = order.status is OrderStatus.CANCELLED
    return order.payment.method is PaymentMethod.CARD and (
        is_cancelled or _has_pending_refund(order)
    )


def _has_pending_refund(order: Order) -> bool:
    return any(refund.waits_for_provider for refund in order.payment.refunds)
