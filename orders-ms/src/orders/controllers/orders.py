"""Endpoints for shoppers' orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from orders import problems
from orders.dependencies import Intake, Orders, Terms
from orders.models.query import OrderQuery
from orders.models.transfer import qr_code
from orders.schemas.orders import OrderBody, OrdersBody
from orders.schemas.placement import PlaceOrderRequest
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.idempotency import REPLAYED_DOCUMENT, IdempotencyKey, mark_replayed
from shopkit.web.identity import User
from shopkit.web.problems import (
    KEY_REUSED,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNREADABLE,
    responses,
)
from shopkit.web.request_types import Cursor, Limit

router = APIRouter(prefix="/api/orders", tags=["orders"])

SVG = "image/svg+xml"

OrderId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]


@router.post(
    "",
    status_code=201,
    responses={
        **responses(
            UNREADABLE,
            UNAUTHENTICATED,
            DATABASE_UNAVAILABLE,
            problems.UNKNOWN_PRODUCTS,
            problems.INSUFFICIENT_STOCK,
            problems.PRICE_CHANGED,
            problems.AMBIGUOUS_NAME,
            KEY_REUSED,
            problems.QUANTITY_LIMIT,
            problems.NO_DELIVERY,
            problems.DELIVERY_UNAVAILABLE,
            problems.PAYMENT_UNAVAILABLE,
        ),
        201: {"headers": REPLAYED_DOCUMENT},
    },
)
async def place_order(
    body: PlaceOrderRequest,
    caller: User,
    intake: Intake,
    terms: Terms,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> OrderBody:
    """Place an order. It is PENDING until its stock is reserved, usually for less than a second.

    Without `delivery` and `payment`, the customer collects the order in the shop and pays there.
    """
    order = body.to_order(caller, idempotency_key)
    placed = await intake.place(order, request.is_disconnected)
    mark_replayed(response, replayed=placed.replayed)
    return OrderBody.of(placed.order, terms)


@router.get("", responses=responses(UNAUTHENTICATED, DATABASE_UNAVAILABLE))
async def list_orders(
    caller: User,
    orders: Orders,
    terms: Terms,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> OrdersBody:
    """List the caller's own orders, newest first."""
    page, next_cursor = await orders.page(OrderQuery(owner=caller), limit=limit, cursor=cursor)
    return OrdersBody(
        orders=[OrderBody.of(order, terms) for order in page], next_cursor=next_cursor
    )


@router.get("/{order_id}", responses=responses(UNAUTHENTICATED, NOT_FOUND, DATABASE_UNAVAILABLE))
async def get_order(order_id: OrderId, caller: User, orders: Orders, terms: Terms) -> OrderBody:
    """Return an order of the caller. Admins can read all orders."""
    return OrderBody.of(await orders.get(order_id, caller), terms)


@router.get(
    "/{order_id}/payment-qr",
    response_class=Response,
    responses={
        **responses(UNAUTHENTICATED, NOT_FOUND, DATABASE_UNAVAILABLE),
        200: {"content": {SVG: {"schema": {"type": "string"}}}},
    },
)
async def get_payment_qr(order_id: OrderId, caller: User, orders: Orders, terms: Terms) -> Response:
    """Return the EPC QR code of the transfer that is due, which banks' apps read."""
    order = await orders.get(order_id, caller)
    return Response(qr_code(order, terms), media_type=SVG)


@router.post(
    "/{order_id}/cancel",
    status_code=202,
    responses=responses(UNAUTHENTICATED, NOT_FOUND, DATABASE_UNAVAILABLE, problems.NOT_CANCELLABLE),
)
async def cancel_order(order_id: OrderId, caller: User, orders: Orders, terms: Terms) -> OrderBody:
    """Cancel an order. Its stock is returned a moment later."""
    return OrderBody.of(await orders.cancel(order_id, caller), terms)
