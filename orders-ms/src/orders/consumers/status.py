"""What becomes of the events on `shop.order-status`."""

from collections.abc import Sequence

from orders.services.orders import OrderService
from shopkit.contract.events import Delivery, OrderStatusUpdate
from shopkit.messaging.handlers import Handler, Table


def status_table(orders: OrderService) -> Table:
    """Return what is done with each type of event."""

    async def on_order_status_update(deliveries: Sequence[Delivery[OrderStatusUpdate]]) -> None:
        await orders.settle(deliveries)

    return {OrderStatusUpdate: Handler(on_order_status_update)}
