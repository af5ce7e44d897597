from collections.abc import Awaitable, Callable

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.dependencies import Services
from orders.models.comparison import IdRange
from orders.models.order import Order
from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import (
    OrderStatusUpdate,
    ProductCreate,
    ProductsQuantityUpdate,
    ProductUpdate,
)
from shopkit.messaging.envelope import Event
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]


class TestProductsTable:
    async def test_every_event_type_updates_the_projection(
        self, services: Services, database: Database
    ) -> None:
        # Given
        table = products_table(services.projection)
        events: list[Event] = [
            ProductCreate(product=state(1)),
            ProductUpdate(product=state(2)),
            ProductsQuantityUpdate(products=(state(3),)),
        ]
        # When
        for event in events:
            await table[type(event)].apply([delivery(event)])
        # Then
        known = await ProjectionRepository(database).find_range(IdRange(None, None), 10)
        assert [product.id for product in known] == [an_id(1), an_id(2), an_id(3)]
        assert list(table) == [type(event) for event in events]

    def test_an_undecodable_message_becomes_a_dead_letter(self, services: Services) -> None:
        table = products_table(services.projection)
        assert [handler.answer for handler in table.values()] == [None, None, None]


class TestStatusTable:
    async def test_an_outcome_settles_the_order(
        self, services: Services, know: Know, place: Place
    ) -> None:
        # Given
        await know(state(1))
        order = await place({1: 1})
        outcome = OrderStatusUpdate.model_validate({"order_id": order.id, "status": "ACCEPTED"})
        table = status_table(services.orders)
        # When
        await table[OrderStatusUpdate].apply([delivery(outcome)])
        # Then
        owner = identity_of("aaa@aaa.com")
        assert (await services.orders.get(order.id, owner)).status == "ACCEPTED"
        assert set(table) == {OrderStatusUpdate}
        assert table[OrderStatusUpdate].answer is None
