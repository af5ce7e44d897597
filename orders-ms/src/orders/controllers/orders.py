"""The endpoints of orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from orders import problems
from orders.dependencies import Intake, Orders
from orders.models.query import OrderQuery
from orders.schemas import OrderBody, OrdersBody, PlaceOrderRequest
from shopkit.storage.idempotency import REPLAYED, IdempotencyKey
from shopkit.web.identity import User
from shopkit.web.problems import (
    KEY_REUSED,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNREADABLE,
    document,
)

routes = APIRouter(prefix="/api/orders", tags=["orders"])

OrderId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]


@routes.post(
    "",
    status_code=201,
    responses={
        **document(
            UNREADABLE,
            UNAUTHENTICATED,
            UNAVAILABLE,
            problems.UNKNOWN_PRODUCTS,
            problems.INSUFFICIENT_STOCK,
            problems.PRICE_CHANGED,
            problems.AMBIGUOUS_NAME,
            KEY_REUSED,
            problems.QUANTITY_LIMIT,
        ),
        201: {"headers": {REPLAYED: {"schema": {"type": "string"}}}},
    },
)
async def place_order(
    body: PlaceOrderRequest,
    caller: User,
    intake: Intake,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> OrderBody:
    """Place an order; it is PENDING until products-ms has decided it."""
    placed = await intake.place(body.to_wanted(caller.email, idempotency_key))
    if placed.replayed:
        response.headers[REPLAYED] = "true"
    return OrderBody.of(placed.order)


@routes.get("", responses=document(UNAUTHENTICATED, UNAVAILABLE))
async def list_orders(
    caller: User,
    orders: Orders,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> OrdersBody:
    """List the caller's own orders, newest first."""
    page, next_cursor = await orders.page(OrderQuery(caller.email), limit=limit, cursor=cursor)
    return OrdersBody(orders=[OrderBody.of(order) for order in page], next_cursor=next_cursor)


@routes.get("/{order_id}", responses=document(UNAUTHENTICATED, NOT_FOUND, UNAVAILABLE))
async def get_order(order_id: OrderId, caller: User, orders: Orders) -> OrderBody:
    """Show an order: one's own, or any to an admin."""
    return OrderBody.of(await orders.order(order_id, caller))


@routes.post(
    "/{order_id}/cancel",
    status_code=202,
    responses=document(UNAUTHENTICATED, NOT_FOUND, UNAVAILABLE, problems.NOT_CANCELLABLE),
)
async def cancel_order(order_id: OrderId, caller: User, orders: Orders) -> OrderBody:
    """Cancel an order; its stock returns a moment later."""
    return OrderBody.of(await orders.cancel(order_id, caller))
