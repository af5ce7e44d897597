"""What admins see of orders."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from orders.dependencies import Figures, Orders
from orders.models.query import OrderQuery
from orders.schemas import ListOrders, OrderBody, OrdersBody
from orders.services.statistics import Statistics
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import Admin
from shopkit.web.problems import FORBIDDEN, UNAUTHENTICATED, document

routes = APIRouter(prefix="/api/admin", tags=["admin"])

ADMIN = document(UNAUTHENTICATED, FORBIDDEN, AWAY)


class DayBody(BaseModel):
    """A day (UTC): what was ordered, and the revenue of what was accepted."""

    day: date
    orders: int
    revenue: float


class BestSellerBody(BaseModel):
    """A product of which many were sold."""

    product_id: str
    name: str
    quantity: int
    revenue: float


class LowStockBody(BaseModel):
    """A product of which few are left."""

    id: str
    name: str
    quantity: int


class StatisticsBody(BaseModel):
    """Figures of the last days, the oldest first."""

    days: list[DayBody]
    best_sellers: list[BestSellerBody]
    low_stock: list[LowStockBody]
    pending: int

    @classmethod
    def of(cls, found: Statistics) -> Self:
        """Return the body that shows figures."""
        return cls(
            days=[
                DayBody(day=one.day.date(), orders=one.orders, revenue=one.revenue_cents / 100)
                for one in found.days
            ],
            best_sellers=[
                BestSellerBody(
                    product_id=one.product_id,
                    name=one.name,
                    quantity=one.quantity,
                    revenue=one.revenue_cents / 100,
                )
                for one in found.best_sellers
            ],
            low_stock=[
                LowStockBody(id=one.id, name=one.name, quantity=one.quantity)
                for one in found.low_stock
            ],
            pending=found.pending,
        )


@routes.get("/orders", responses=ADMIN)
async def list_all_orders(
    _caller: Admin, orders: Orders, asked: Annotated[ListOrders, Query()]
) -> OrdersBody:
    """List everyone's orders, newest first; all filters combine."""
    query = OrderQuery(asked.email, asked.status, asked.since, asked.until)
    page, next_cursor = await orders.page(query, limit=asked.limit, cursor=asked.cursor)
    return OrdersBody(orders=[OrderBody.of(order) for order in page], next_cursor=next_cursor)


@routes.get("/stats", responses=ADMIN)
async def statistics(
    _caller: Admin, figures: Figures, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> StatisticsBody:
    """Count orders and revenue by day, best sellers, and what is nearly gone."""
    return StatisticsBody.of(await figures.statistics(days))
