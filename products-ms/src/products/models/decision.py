"""Whether an order can be had: decided once, in the order of arrival, whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

from products.models.product import Product
from shopkit.contract.events import (
    LineReason,
    Message,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
)
from shopkit.tracing.context import Origin

SOURCE = "products-ms"

REJECTED_REASON = "Not everything in it could be had."
UNREADABLE_REASON = "It could not be read."

Outcome = Literal[OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED]


@dataclass(frozen=True, slots=True)
class StubLine:
    """How many of a product an order has."""

    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Stub:
    """The record of what was decided about an order: there is one for each, for ever.

    `settled_at` is when it got its present status.
    """

    order_id: str
    status: Outcome
    lines: tuple[StubLine, ...]
    reason: str | None
    line_reasons: tuple[LineReason, ...]
    decided_at: datetime
    settled_at: datetime
    origin: Origin

    def cancelled(self, now: datetime) -> Self:
        """Return the stub of the order cancelled."""
        return replace(self, status=OrderStatus.CANCELLED, settled_at=now)

    def answer(self) -> Message:
        """Return the event that tells of the outcome: always the same for the same stub."""
        rejected = self.status is OrderStatus.REJECTED
        event = OrderStatusUpdate(
            order_id=self.order_id,
            status=self.status,
            reason=self.reason if rejected else None,
            lines=self.line_reasons if rejected else (),
        )
        return Message.of(event, source=SOURCE, time=self.settled_at, origin=self.origin)


def cancelled_unseen(order_id: str, now: datetime, origin: Origin) -> Stub:
    """Return the stub of an order that was cancelled before it was ever seen."""
    return _stub(order_id, OrderStatus.CANCELLED, (), now, origin)


def rejected_unreadable(order_id: str, now: datetime, origin: Origin) -> Stub:
    """Return the stub of an order that can't be read."""
    stub = _stub(order_id, OrderStatus.REJECTED, (), now, origin)
    return replace(stub, reason=UNREADABLE_REASON)


def _stub(
    order_id: str, status: Outcome, lines: tuple[StubLine, ...], now: datetime, origin: Origin
) -> Stub:
    return Stub(order_id, status, lines, None, (), now, now, origin)


class Shelf:
    """The stock as it is while a batch of orders is decided, one after the other."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._products = products
        self._left = {product.id: product.quantity for product in products.values()}

    def decide(self, order: OrderSnapshot, now: datetime, origin: Origin) -> Stub:
        """Take all that an order asks for, or nothing, and return what is to be recorded."""
        lines = _summed(order.lines)
        reasons = tuple(self._reasons(lines))
        if reasons:
            stub = _stub(order.id, OrderStatus.REJECTED, lines, now, origin)
            return replace(stub, reason=REJECTED_REASON, line_reasons=reasons)
        for line in lines:
            self._left[line.product_id] -= line.quantity
        return _stub(order.id, OrderStatus.ACCEPTED, lines, now, origin)

    def taken(self) -> dict[str, int]:
        """Return how many of each product were taken, where any were."""
        taken = {id_: self._products[id_].quantity - left for id_, left in self._left.items()}
        return {id_: count for id_, count in taken.items() if count}

    def _reasons(self, lines: Iterable[StubLine]) -> Iterable[LineReason]:
        for line in lines:
            product = self._products.get(line.product_id)
            if product is None or product.archived:
                yield LineReason(product_id=line.product_id, reason="It is no longer sold.")
            elif self._left[line.product_id] < line.quantity:
                text = _stock_sentence(self._left[line.product_id])
                yield LineReason(product_id=line.product_id, reason=text)


def _stock_sentence(left: int) -> str:
    return f"Only {left} left." if left else "None left."


def _summed(lines: Iterable[OrderLine]) -> tuple[StubLine, ...]:
    totals: dict[str, int] = defaultdict(int)
    for line in lines:
        totals[line.product_id] += line.quantity
    return tuple(StubLine(product_id, quantity) for product_id, quantity in totals.items())


def given_back(stubs: Iterable[Stub]) -> dict[str, int]:
    """Return how many of each product go back to the shelf when these orders are cancelled."""
    totals: dict[str, int] = defaultdict(int)
    for stub in stubs:
        if stub.status is OrderStatus.ACCEPTED:
            for line in stub.lines:
                totals[line.product_id] += line.quantity
    return dict(totals)
