"""The demonstration data of orders-db: three past orders; nothing is overwritten.

Products are not inserted: they come by the topic, from products-ms.
"""

from datetime import UTC, datetime

from orders.models.order import Line, Order, Step
from orders.repositories.orders import OrderRepository
from orders.settings import SERVICE, OrdersSettings
from shopkit.commands import refuse_seed_in_production
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import DATABASE, connect
from shopkit.tracing.context import Origin

_PAST = datetime(2024, 5, 1, 12, tzinfo=UTC)


def _order(order_id: str, email: str, lines: tuple[Line, ...], status: OrderStatus) -> Order:
    rejected = status is OrderStatus.REJECTED
    return Order(
        id=order_id,
        email=email,
        lines=lines,
        history=(Step(OrderStatus.PENDING, _PAST), Step(status, _PAST)),
        origin=Origin("", ""),
        reason="Not everything in it could be had." if rejected else None,
    )


ORDERS = (
    _order(
        "71fefe4a1cad4140785928a4",
        "aaa@aaa.com",
        (
            Line("10fefe4a1cad4140785928a4", "cutlery", 599, 4),
            Line("11fefe4a1cad4140785928a4", "chair", 2_999, 2),
        ),
        OrderStatus.ACCEPTED,
    ),
    _order(
        "72fefe4a1cad4140785928a4",
        "bbb@bbb.com",
        (Line("12fefe4a1cad4140785928a4", "laptop", 129_999, 1),),
        OrderStatus.ACCEPTED,
    ),
    _order(
        "73fefe4a1cad4140785928a4",
        "ccc@ccc.com",
        (Line("13fefe4a1cad4140785928a4", "headphones", 9_999, 7),),
        OrderStatus.REJECTED,
    ),
)


async def seed(settings: OrdersSettings) -> None:
    """Load the demonstration data where it is missing.

    Raises:
        SystemExit: This is not development, and SEED=demo is not set.
    """
    refuse_seed_in_production(settings, settings.seed)
    async with connect(settings, SERVICE) as client:
        orders = OrderRepository(client[DATABASE])
        for order in ORDERS:
            if await orders.by_id(order.id) is None:
                await orders.insert([order], session=None)
