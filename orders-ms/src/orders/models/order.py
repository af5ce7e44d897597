"""An order and its rules, without I/O and without a clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self

from orders.errors import ConflictingOutcomeError, NotCancellableError
from orders.models.delivery import COLLECTION, NO_CONTACT, Contact, OrderDelivery
from orders.models.fulfilment import UNSHIPPED, Fulfilment
from orders.models.payment import UNPAID, Payment, PaymentState
from shopkit.contract.events import (
    OrderCancel,
    OrderCreate,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
)
from shopkit.identity import Identity, misread
from shopkit.messaging.envelope import wrap
from shopkit.storage.unit_of_work import Message
from shopkit.tracing.context import TraceContext

SOURCE = "orders-ms"

TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(
        {OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED}
    ),
    OrderStatus.ACCEPTED: frozenset({OrderStatus.CANCELLED}),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


def awaits_answer(status: OrderStatus, *, cancel_confirmed: bool) -> bool:
    """Return whether products-ms still has to decide an order or to confirm its cancellation."""
    if status is OrderStatus.CANCELLED:
        return not cancel_confirmed
    return status is OrderStatus.PENDING


class HistoryEntry(NamedTuple):
    """A status and when the order reached it."""

    status: OrderStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A product in an order, at the price that the shopper ordered it at.

    Attributes:
        reason: Why the product could not be sold, if the order was rejected because of it.
    """

    product_id: str
    name: str
    price_cents: int
    quantity: int
    reason: str | None = None


def value_of(lines: Iterable[Line]) -> int:
    """Return the total of lines in cents."""
    return sum(line.price_cents * line.quantity for line in lines)


class TimelineEntry(NamedTuple):
    """What someone did with an order.

    Attributes:
        at: When.
        by: The email address of who did it, or `shop` for the shop itself.
        action: The action.
        detail: What exactly, for people.
    """

    at: datetime
    by: str
    action: str
    detail: str


class Owner(NamedTuple):
    """The account of a shopper, and its email address."""

    account_id: str
    email: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order.

    Attributes:
        id: The order's id.
        email: The shopper's email address when the order was placed.
        lines: The products, each at most once.
        history: The statuses of the order, from PENDING to the current one.
        trace_context: The request that placed the order.
        reason: Why the order was rejected.
        cancel_confirmed: Whether products-ms has confirmed the cancellation.
        account_id: The shopper's account. None if a replica of an earlier release took the order
            and the account is not known yet.
        number: The number for people. Empty if a replica of an earlier release took the order and
            it has none yet.
        contact: Whom to ask about the order.
        delivery: How it reaches the customer.
        note: What the customer wrote.
        payment: What is due, received and to be paid back.
        fulfilment: What was shipped or collected.
        timeline: What admins and the shop did with it.
        problem: What a person has to decide, None if nothing.
        version: A number that grows with each change.
    """

    id: str
    email: str
    lines: tuple[Line, ...]
    history: tuple[HistoryEntry, ...]
    trace_context: TraceContext
    reason: str | None = None
    cancel_confirmed: bool = False
    account_id: str | None = None
    number: str = ""
    contact: Contact = NO_CONTACT
    delivery: OrderDelivery = COLLECTION
    note: str = ""
    payment: Payment = UNPAID
    fulfilment: Fulfilment = UNSHIPPED
    timeline: tuple[TimelineEntry, ...] = ()
    problem: str | None = None
    version: int = 0

    @property
    def status(self) -> OrderStatus:
        """The current status."""
        return self.history[-1].status

    @property
    def created_at(self) -> datetime:
        """When the order was placed."""
        return self.history[0].at

    @property
    def changed_at(self) -> datetime:
        """When the order reached its current status."""
        return self.history[-1].at

    @property
    def cost_cents(self) -> int:
        """The total of all lines."""
        return value_of(self.lines)

    @property
    def total_cents(self) -> int:
        """The total of all lines, and the fee of the delivery."""
        return self.cost_cents + self.delivery.fee_cents

    @property
    def payable_cents(self) -> int:
        """What the customer has to pay altogether: nothing unless the order is accepted."""
        if self.status is not OrderStatus.ACCEPTED:
            return 0
        prices = {line.product_id: line.price_cents for line in self.lines}
        closed = sum(prices[part.product_id] * part.quantity for part in self.fulfilment.closed)
        return self.total_cents - closed

    @property
    def open_cents(self) -> int:
        """What is due and still to be paid."""
        if self.payment.state is not PaymentState.DUE:
            return 0
        return self.payment.open_cents(self.payable_cents)

    @property
    def quantities(self) -> dict[str, int]:
        """The ordered quantities, by product."""
        return {line.product_id: line.quantity for line in self.lines}

    @property
    def open_parts(self) -> dict[str, int]:
        """What is neither shipped nor closed, by product."""
        return self.fulfilment.open_parts(self.quantities)

    @property
    def awaits_answer(self) -> bool:
        """Whether products-ms still has to decide the order or to confirm its cancellation."""
        return awaits_answer(self.status, cancel_confirmed=self.cancel_confirmed)

    @property
    def progress(self) -> tuple[int, bool, int]:
        """A value that grows with each change of the order."""
        return len(self.history), self.cancel_confirmed, self.version

    def belongs_to(self, caller: Identity) -> bool:
        """Return whether a caller placed the order.

        Without an account, the order has the email address as earlier releases stored it.
        """
        if self.account_id:
            return self.account_id == caller.account_id
        return self.email == misread(caller.email)

    def as_placed(self) -> Self:
        """Return the order as it was when it was placed."""
        return replace(
            self,
            lines=tuple(replace(line, reason=None) for line in self.lines),
            history=self.history[:1],
            reason=None,
            cancel_confirmed=False,
            payment=Payment(self.payment.method),
            fulfilment=UNSHIPPED,
            timeline=(),
            problem=None,
            version=0,
        )

    def cancelled(self, now: datetime) -> Self:
        """Return the order as cancelled.

        Raises:
            NotCancellableError: The order is rejected or already cancelled.
        """
        if OrderStatus.CANCELLED not in TRANSITIONS[self.status]:
            raise NotCancellableError(self.id, self.status)
        return self._with_status(OrderStatus.CANCELLED, now)

    def with_outcome(self, outcome: OrderStatusUpdate, now: datetime) -> Self | None:
        """Return the order with an outcome from products-ms, or None if nothing changes.

        Raises:
            ConflictingOutcomeError: The order already has a different outcome.
        """
        if self.status is OrderStatus.CANCELLED:
            return self._with_confirmation(outcome)
        if self.status is outcome.status:
            return None
        if outcome.status not in TRANSITIONS[self.status]:
            raise ConflictingOutcomeError(self.id, self.status, outcome.status)
        reasons = {line.product_id: line.reason for line in outcome.lines}
        lines = tuple(replace(line, reason=reasons.get(line.product_id)) for line in self.lines)
        # products-ms may report a cancellation that is unknown here, if orders-db was restored
        # from a backup. products-ms has already returned the stock, so its record counts.
        return replace(
            self._with_status(outcome.status, now),
            lines=lines,
            reason=outcome.reason,
            cancel_confirmed=outcome.status is OrderStatus.CANCELLED,
        )

    def _with_confirmation(self, outcome: OrderStatusUpdate) -> Self | None:
        # Any other outcome was sent before products-ms received the cancellation.
        if outcome.status is not OrderStatus.CANCELLED or self.cancel_confirmed:
            return None
        return replace(self, cancel_confirmed=True, version=self.version + 1)

    def _with_status(self, status: OrderStatus, now: datetime) -> Self:
        history = (*self.history, HistoryEntry(status, now))
        return replace(self, history=history, version=self.version + 1)

    def create_message(self) -> Message:
        """Return the event that announces the order. It is always the same for one order."""
        lines = tuple(
            OrderLine(
                product_id=line.product_id,
                name=line.name,
                price_cents=line.price_cents,
                quantity=line.quantity,
            )
            for line in self.lines
        )
        event = OrderCreate(order=OrderSnapshot(id=self.id, lines=lines))
        return self._wrap(event, self.created_at)

    def cancel_message(self) -> Message:
        """Return the event that announces the cancellation. It is always the same for one order."""
        event = OrderCancel(order_id=self.id)
        return self._wrap(event, self.changed_at)

    def _wrap(self, event: OrderCreate | OrderCancel, time: datetime) -> Message:
        # One replica of products-ms decides all orders whose first product is the same, so that
        # replicas do not wait for each other's transactions while many people buy one product.
        return wrap(
            event,
            source=SOURCE,
            time=time,
            trace_context=self.trace_context,
            partition_key=self.lines[0].product_id,
        )

    def latest_message(self) -> Message:
        """Return the event that announces the last change made in orders-ms."""
        if self.status is OrderStatus.CANCELLED:
            return self.cancel_message()
        return self.create_message()
