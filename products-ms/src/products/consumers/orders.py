"""What becomes of the events on `shop.orders`."""

import re
from collections.abc import Sequence

import structlog

from products.services.decisions import DecisionService
from shopkit.contract.events import Delivery, OrderCancel, OrderCreate
from shopkit.messaging.dead_letters import Record
from shopkit.messaging.handlers import Handler, Table
from shopkit.tracing.context import current_origin

_ID = re.compile(rb"[0-9a-f]{24}")

log = structlog.get_logger(__name__)


def orders_table(decisions: DecisionService) -> Table:
    """Return what is done with each type of event."""

    async def on_order_create(deliveries: Sequence[Delivery[OrderCreate]]) -> None:
        await decisions.decide(deliveries)

    async def on_order_cancel(deliveries: Sequence[Delivery[OrderCancel]]) -> None:
        await decisions.cancel(deliveries)

    async def answer_unreadable(record: Record, error: Exception) -> bool:
        if not _ID.fullmatch(record.key or b""):
            return False
        order_id = (record.key or b"").decode()
        log.warning("order rejected unread", order_id=order_id, error=repr(error))
        await decisions.reject_unreadable(order_id, current_origin())
        return True

    return {
        OrderCreate: Handler(on_order_create, answer=answer_unreadable),
        OrderCancel: Handler(on_order_cancel),
    }
