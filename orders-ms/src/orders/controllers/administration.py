"""Endpoints for admins: all orders, and statistics."""

from typing import Annotated

from fastapi import APIRouter, Query

from orders.dependencies import Orders, Statistics, Terms
from orders.schemas.desk import AdminOrderBody, AdminOrdersBody
from orders.schemas.lists import OrderListQuery, TotalsBody, TotalsQuery
from orders.schemas.statistics import StatisticsBody
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.identity import Admin
from shopkit.web.problems import responses
from shopkit.web.request_types import WholeNumber

router = APIRouter(prefix="/api/admin", tags=["admin"])


@router.get("/orders", responses=responses(*ADMIN_PROBLEMS))
async def list_all_orders(
    _caller: Admin, orders: Orders, terms: Terms, query: Annotated[OrderListQuery, Query()]
) -> AdminOrdersBody:
    """List the orders of all shoppers, newest first. An order must match all filters."""
    page, next_cursor = await orders.page(query.to_query(), limit=query.limit, cursor=query.cursor)
    return AdminOrdersBody(
        orders=[AdminOrderBody.of(order, terms) for order in page], next_cursor=next_cursor
    )


@router.get("/orders/totals", responses=responses(*ADMIN_PROBLEMS))
async def get_totals(
    _caller: Admin, orders: Orders, query: Annotated[TotalsQuery, Query()]
) -> TotalsBody:
    """Return the number and the value of a customer's newest orders, at most 1,000."""
    return TotalsBody.of(await orders.totals(query.customer))


@router.get("/stats", responses=responses(*ADMIN_PROBLEMS))
async def get_statistics(
    _caller: Admin,
    statistics: Statistics,
    days: Annotated[int, Query(ge=1, le=366), WholeNumber] = 30,
) -> StatisticsBody:
    """Return orders and revenue by day, best sellers, and products with low stock."""
    return StatisticsBody.of(await statistics.get(days))
