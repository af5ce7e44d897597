"""The demo data of orders-db: three past orders. Existing data is kept.

The products arrive from products-ms as events.
"""

from datetime import UTC, datetime

from orders.models.order import HistoryEntry, Line, Order
from orders.repositories.orders import OrderRepository
from orders.settings import SERVICE, OrdersSettings
from shopkit.commands import refuse_demo_data_in_production
from shopkit.contract.events import OrderStatus
from shopkit.storage.mongo import DATABASE, connect
from shopkit.tracing.context import TraceContext

_PAST = datetime(2024, 5, 1, 12, tzinfo=UTC)


_ACCOUNTS = {
    "aaa@aaa.com": "a1fefe4a1cad4140785928a4",
    "bbb@bbb.com": "a2fefe4a1cad4140785928a4",
    "ccc@ccc.com": "a4fefe4a1cad4140785928a4",
}
"""The accounts in the demo data of authentication-ms."""


def _order(order_id: str, email: str, lines: tuple[Line, ...], status: OrderStatus) -> Order:
    rejected = status is OrderStatus.REJECTED
    return Order(
        id=order_id,
        email=email,
        number=order_id[:8].upper(),
        account_id=_ACCOUNTS[email],
        lines=lines,
        history=(HistoryEntry(OrderStatus.PENDING, _PAST), HistoryEntry(status, _PAST)),
        trace_context=TraceContext("", ""),
        reason="Some items were unavailable." if rejected else None,
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
    """Load demo data that is missing.

    Raises:
        shopkit.commands.CommandError: Demo data may not be loaded.
    """
    refuse_demo_data_in_production(settings, settings.seed)
    async with connect(settings, SERVICE) as client:
        orders = OrderRepository(client[DATABASE])
        for order in ORDERS:
            if await orders.find_by_id(order.id) is None:
                await orders.insert([order], session=None)
