"""What becomes of the events on `shop.products`."""

from collections.abc import Sequence

from orders.services.projection import ProductEvent, ProjectionService
from shopkit.contract.events import Delivery, ProductCreate, ProductsQuantityUpdate, ProductUpdate
from shopkit.messaging.handlers import Handler, Table


def products_table(projection: ProjectionService) -> Table:
    """Return what is done with each type of event: all of them carry the product whole."""

    async def on_product_event(deliveries: Sequence[Delivery[ProductEvent]]) -> None:
        await projection.apply(deliveries)

    return {
        ProductCreate: Handler(on_product_event),
        ProductUpdate: Handler(on_product_event),
        ProductsQuantityUpdate: Handler(on_product_event),
    }
