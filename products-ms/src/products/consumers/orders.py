"""Event handlers for the topic `shop.orders`."""

import re
from collections.abc import Sequence

import structlog

from products.services.decisions import DecisionService
from shopkit.contract.events import OrderCancel, OrderCreate
from shopkit.messaging.dead_letters import Record
from shopkit.messaging.envelope import Delivery, read_trace_context
from shopkit.messaging.handlers import Handler, HandlerTable

_ID = re.compile(rb"[0-9a-f]{24}")

log = structlog.get_logger(__name__)


def orders_table(decisions: DecisionService) -> HandlerTable:
    """Return the handlers of the topic."""

    async def on_order_create(deliveries: Sequence[Delivery[OrderCreate]]) -> None:
        await decisions.decide(deliveries)

    async def on_order_cancel(deliveries: Sequence[Delivery[OrderCancel]]) -> None:
        await decisions.cancel(deliveries)

    async def reject_unreadable(record: Record, error: Exception) -> bool:
        # Without a decision, the order would stay PENDING forever.
        if not _ID.fullmatch(record.key or b""):
            return False
        order_id = (record.key or b"").decode()
        log.warning("unreadable order rejected", order_id=order_id, error=repr(error))
        await decisions.reject_unreadable(order_id, read_trace_context(record.headers))
        return True

    return HandlerTable(
        {
            OrderCreate: Handler(on_order_create, answer=reject_unreadable),
            OrderCancel: Handler(on_order_cancel),
        }
    )
