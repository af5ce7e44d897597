"""Endpoints for payments by card."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from orders import problems
from orders.controllers.orders import OrderId
from orders.dependencies import CardPayments, ProviderEvents
from orders.schemas.payments import ParkedEventsBody, PaymentPageBody, ReceivedBody
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin, User
from shopkit.web.problems import NOT_FOUND, UNAUTHENTICATED, responses

router = APIRouter()

_EVENT = {"content": {"application/json": {"schema": {"type": "object"}}}}


@router.post(
    "/api/orders/{order_id}/pay",
    tags=["orders"],
    responses=responses(
        UNAUTHENTICATED,
        NOT_FOUND,
        DATABASE_UNAVAILABLE,
        problems.ORDER_STATE,
        problems.PROVIDER_UNAVAILABLE,
    ),
)
async def pay_order(order_id: OrderId, caller: User, payments: CardPayments) -> PaymentPageBody:
    """Return the page on which the caller pays an order by card.

    The page leads back to the order, which is paid once the provider has said so.
    """
    return PaymentPageBody(url=await payments.pay(order_id, caller))


@router.post(
    "/api/payments/stripe/events",
    tags=["payments"],
    openapi_extra={"requestBody": _EVENT},
    responses=responses(problems.INVALID_EVENT, DATABASE_UNAVAILABLE),
)
async def receive_stripe_event(
    request: Request,
    events: ProviderEvents,
    stripe_signature: Annotated[str, Header()] = "",
) -> ReceivedBody:
    """Receive an event of Stripe, which is applied a moment later."""
    await events.receive(await request.body(), stripe_signature)
    return ReceivedBody()


@router.get(
    "/api/admin/payments/stripe/events", tags=["admin"], responses=responses(*ADMIN_PROBLEMS)
)
async def list_parked_events(_caller: Admin, events: ProviderEvents) -> ParkedEventsBody:
    """List the last 100 events of Stripe that could not be applied to an order, newest first."""
    return ParkedEventsBody.of(await events.find_parked())
