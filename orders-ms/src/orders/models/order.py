"""An order and its rules: no input or output, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self

from orders.errors import ContraryOutcomeError, NotCancellableError
from shopkit.contract.events import (
    Message,
    OrderCancel,
    OrderCreate,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
)
from shopkit.tracing.context import Origin

SOURCE = "orders-ms"

LEGAL: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(
        {OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED}
    ),
    OrderStatus.ACCEPTED: frozenset({OrderStatus.CANCELLED}),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class Step(NamedTuple):
    """A status and when the order got it."""

    status: OrderStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A product of an order, at the price at which it was ordered."""

    product_id: str
    name: str
    price_cents: int
    quantity: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `history` begins with PENDING and ends with its status."""

    id: str
    email: str
    lines: tuple[Line, ...]
    history: tuple[Step, ...]
    origin: Origin
    reason: str | None = None
    cancel_confirmed: bool = False

    @property
    def status(self) -> OrderStatus:
        """Where it stands."""
        return self.history[-1].status

    @property
    def created_at(self) -> datetime:
        """When it was placed."""
        return self.history[0].at

    @property
    def changed_at(self) -> datetime:
        """When it got its status."""
        return self.history[-1].at

    @property
    def cost_cents(self) -> int:
        """The sum of its lines at their prices."""
        return sum(line.price_cents * line.quantity for line in self.lines)

    @property
    def unanswered(self) -> bool:
        """Whether products-ms owes a decision, or the confirmation of a cancellation."""
        if self.status is OrderStatus.CANCELLED:
            return not self.cancel_confirmed
        return self.status is OrderStatus.PENDING

    def as_placed(self) -> Self:
        """Return the order as it was when it was placed."""
        lines = tuple(replace(line, reason=None) for line in self.lines)
        return replace(
            self, lines=lines, history=self.history[:1], reason=None, cancel_confirmed=False
        )

    def cancelled(self, now: datetime) -> Self:
        """Return the order cancelled.

        Raises:
            NotCancellableError: It is rejected, or cancelled already.
        """
        if OrderStatus.CANCELLED not in LEGAL[self.status]:
            raise NotCancellableError(self.id, self.status)
        return self._moved(OrderStatus.CANCELLED, now)

    def after(self, told: OrderStatusUpdate, now: datetime) -> Self | None:
        """Return the order after what products-ms tells of it, None where that changes nothing.

        Raises:
            ContraryOutcomeError: It was decided otherwise before.
        """
        if self.status is OrderStatus.CANCELLED:
            return self._confirmed(told)
        if self.status is told.status:
            return None
        if told.status not in LEGAL[self.status]:
            raise ContraryOutcomeError(self.id, self.status, told.status)
        reasons = {line.product_id: line.reason for line in told.lines}
        lines = tuple(replace(line, reason=reasons.get(line.product_id)) for line in self.lines)
        moved = self._moved(told.status, now)
        # An outcome CANCELLED that nobody asked for here: the wish was lost with a restored
        # backup, or the record was cleared; what products-ms holds has happened.
        return replace(
            moved,
            lines=lines,
            reason=told.reason,
            cancel_confirmed=told.status is OrderStatus.CANCELLED,
        )

    def _confirmed(self, told: OrderStatusUpdate) -> Self | None:
        # A decision that a cancellation has overtaken says nothing any more.
        if told.status is not OrderStatus.CANCELLED or self.cancel_confirmed:
            return None
        return replace(self, cancel_confirmed=True)

    def _moved(self, status: OrderStatus, now: datetime) -> Self:
        return replace(self, history=(*self.history, Step(status, now)))

    def create_message(self) -> Message:
        """Return the event that tells of the order: always the same for the same order."""
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
        return Message.of(event, source=SOURCE, time=self.created_at, origin=self.origin)

    def cancel_message(self) -> Message:
        """Return the event that tells of the cancellation: always the same for the same order."""
        event = OrderCancel(order_id=self.id)
        return Message.of(event, source=SOURCE, time=self.changed_at, origin=self.origin)

    def owed_messages(self) -> Sequence[Message]:
        """Return the events that products-ms has not answered yet."""
        if self.status is OrderStatus.CANCELLED and not self.cancel_confirmed:
            return [self.cancel_message()]
        return [self.create_message()] if self.status is OrderStatus.PENDING else []

    def settled_event_ids(self) -> list[str]:
        """Return the ids of the events that need not be sent again."""
        if self.status is OrderStatus.PENDING or self.unanswered:
            return []
        ids = [self.create_message().id]
        return [*ids, self.cancel_message().id] if self.cancel_confirmed else ids
