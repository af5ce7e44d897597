"""Event handlers for the topic `shop.order-status`."""

from collections.abc import Sequence

from orders.services.orders import OrderService
from shopkit.contract.events import OrderStatusUpdate
from shopkit.messaging.envelope import Delivery
from shopkit.messaging.handlers import Handler, HandlerTable


def status_table(orders: OrderService) -> HandlerTable:
    """Return the handlers of the topic."""

    async def on_order_status_update(deliveries: Sequence[Delivery[OrderStatusUpdate]]) -> None:
        await orders.settle(deliveries)

    return HandlerTable({OrderStatusUpdate: Handler(on_order_status_update)})
