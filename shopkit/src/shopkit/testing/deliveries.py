"""Builders for events and deliveries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from shopkit.contract.events import (
    LineReason,
    OrderCancel,
    OrderCreate,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
    ProductCreate,
    ProductsQuantityUpdate,
    ProductState,
    ProductUpdate,
)
from shopkit.messaging.envelope import Delivery, Event
from shopkit.tracing.context import TraceContext

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
TRACE_CONTEXT = TraceContext("request-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

E = TypeVar("E", bound=Event)


def an_id(number: int) -> str:
    """Return a number as an id of 24 hex digits."""
    return f"{number:024x}"


def delivery(event: E) -> Delivery[E]:
    """Return the delivery of an event that happened at noon."""
    return Delivery(event, TRACE_CONTEXT, NOON)


def placed(order_number: int, quantities: Mapping[int, int]) -> Delivery[OrderCreate]:
    """Return the event of a new order with these quantities, by product number."""
    lines = tuple(
        OrderLine(
            product_id=an_id(product), name=f"product {product}", price_cents=100, quantity=count
        )
        for product, count in quantities.items()
    )
    return delivery(OrderCreate(order=OrderSnapshot(id=an_id(order_number), lines=lines)))


def cancelled(order_number: int) -> Delivery[OrderCancel]:
    """Return the event of a cancelled order."""
    return delivery(OrderCancel(order_id=an_id(order_number)))


def decided(order_number: int, status: str, **fields: Any) -> Delivery[OrderStatusUpdate]:
    """Return the event of a decided order."""
    return delivery(
        OrderStatusUpdate.model_validate(
            {"order_id": an_id(order_number), "status": status, **fields}
        )
    )


def state(product_number: int, **changes: Any) -> ProductState:
    """Return a product's state. By default, 10 are in stock at 1.00, and the version is 2."""
    values = {
        "id": an_id(product_number),
        "name": f"product {product_number}",
        "price_cents": 100,
        "quantity": 10,
        "archived": False,
        "version": 2,
    }
    return ProductState.model_validate(values | changes)


ORDER_LINE = OrderLine(product_id=an_id(1), name="spoon", price_cents=599, quantity=2)

EVENT_EXAMPLES: Sequence[Event] = [
    ProductCreate(product=state(1, version=2)),
    ProductUpdate(product=state(1, version=3)),
    ProductsQuantityUpdate(products=(state(1, version=4),)),
    OrderCreate(order=OrderSnapshot(id=an_id(9), lines=(ORDER_LINE,))),
    OrderCancel(order_id=an_id(9)),
    OrderStatusUpdate(
        order_id=an_id(9),
        status=OrderStatus.REJECTED,
        reason="Some items were unavailable.",
        lines=(LineReason(product_id=an_id(1), reason="None left."),),
    ),
]
"""An event of each type."""
