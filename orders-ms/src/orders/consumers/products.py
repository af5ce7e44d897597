"""Event handlers for the topic `shop.products`."""

from collections.abc import Sequence

from orders.services.projection import ProductEvent, ProjectionService
from shopkit.contract.events import PRODUCT_EVENTS
from shopkit.messaging.envelope import Delivery
from shopkit.messaging.handlers import Handler, HandlerTable


def products_table(projection: ProjectionService) -> HandlerTable:
    """Return the handlers of the topic. Every event contains the complete product."""

    async def on_product_event(deliveries: Sequence[Delivery[ProductEvent]]) -> None:
        await projection.apply(deliveries)

    return HandlerTable({event_type: Handler(on_product_event) for event_type in PRODUCT_EVENTS})
