"""Decides orders against the stock: once each, in order of arrival, completely or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

from shopkit.contract.events import (
    LineReason,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
    ProductState,
)
from shopkit.messaging.envelope import wrap
from shopkit.storage.unit_of_work import Message
from shopkit.tracing.context import TraceContext

SOURCE = "products-ms"

REJECTED_REASON = "Some items were unavailable."
UNREADABLE_REASON = "The order could not be read."

Outcome = Literal[OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A product of an order and its quantity."""

    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about an order. It is kept forever.

    Attributes:
        order_id: The order.
        status: The outcome.
        lines: The products and quantities of the order.
        reason: Why the order was rejected.
        line_reasons: Why products of a rejected order could not be sold.
        decided_at: When the order was decided.
        settled_at: When the decision got its current status.
        trace_context: The request that placed or cancelled the order.
    """

    order_id: str
    status: Outcome
    lines: tuple[DecisionLine, ...]
    reason: str | None
    line_reasons: tuple[LineReason, ...]
    decided_at: datetime
    settled_at: datetime
    trace_context: TraceContext

    def cancelled(self, now: datetime) -> Self:
        """Return the decision after the order's cancellation."""
        return replace(self, status=OrderStatus.CANCELLED, settled_at=now)

    def answer(self) -> Message:
        """Return the event that announces the outcome. It is always the same for one decision."""
        rejected = self.status is OrderStatus.REJECTED
        event = OrderStatusUpdate(
            order_id=self.order_id,
            status=self.status,
            reason=self.reason if rejected else None,
            lines=self.line_reasons if rejected else (),
        )
        return wrap(event, source=SOURCE, time=self.settled_at, trace_context=self.trace_context)


def cancel_unseen(order_id: str, now: datetime, trace_context: TraceContext) -> Decision:
    """Return the decision about an order whose cancellation arrived before the order itself."""
    return _decision(order_id, OrderStatus.CANCELLED, (), now, trace_context)


def reject_unreadable(order_id: str, now: datetime, trace_context: TraceContext) -> Decision:
    """Return the decision about an order that cannot be read."""
    decision = _decision(order_id, OrderStatus.REJECTED, (), now, trace_context)
    return replace(decision, reason=UNREADABLE_REASON)


def _decision(
    order_id: str,
    status: Outcome,
    lines: tuple[DecisionLine, ...],
    now: datetime,
    trace_context: TraceContext,
) -> Decision:
    return Decision(order_id, status, lines, None, (), now, now, trace_context)


class Stock:
    """The remaining stock while the orders of a batch are decided one after the other."""

    def __init__(self, products: Mapping[str, ProductState]) -> None:
        self._products = products
        self._left = {product.id: product.quantity for product in products.values()}

    def decide(self, order: OrderSnapshot, now: datetime, trace_context: TraceContext) -> Decision:
        """Take everything that an order contains, or nothing, and return the decision."""
        lines = _summed(order.lines)
        reasons = tuple(self.line_reasons(lines))
        if reasons:
            decision = _decision(order.id, OrderStatus.REJECTED, lines, now, trace_context)
            return replace(decision, reason=REJECTED_REASON, line_reasons=reasons)
        for line in lines:
            self._left[line.product_id] -= line.quantity
        return _decision(order.id, OrderStatus.ACCEPTED, lines, now, trace_context)

    def line_reasons(self, lines: Iterable[DecisionLine]) -> Iterable[LineReason]:
        """Yield why products cannot be sold."""
        for line in lines:
            product = self._products.get(line.product_id)
            if product is None or product.archived:
                yield LineReason(product_id=line.product_id, reason="It is no longer for sale.")
            elif self._left[line.product_id] < line.quantity:
                reason = _stock_message(self._left[line.product_id])
                yield LineReason(product_id=line.product_id, reason=reason)

    def taken(self) -> dict[str, int]:
        """Return the quantity that was taken of each product, without zeros."""
        taken = {id_: self._products[id_].quantity - left for id_, left in self._left.items()}
        return {id_: quantity for id_, quantity in taken.items() if quantity}


def _stock_message(left: int) -> str:
    return f"Only {left} left." if left else "None left."


def _summed(lines: Iterable[OrderLine]) -> tuple[DecisionLine, ...]:
    totals: dict[str, int] = defaultdict(int)
    for line in lines:
        totals[line.product_id] += line.quantity
    return tuple(DecisionLine(product_id, quantity) for product_id, quantity in totals.items())


def returned_stock(decisions: Iterable[Decision]) -> dict[str, int]:
    """Return the quantity of each product to put back when these orders are cancelled."""
    totals: dict[str, int] = defaultdict(int)
    for decision in decisions:
        if decision.status is OrderStatus.ACCEPTED:
            for line in decision.lines:
                totals[line.product_id] += line.quantity
    return dict(totals)
